"""What came of one property, in what exploring a model came to."""


def result(explored, code):
    return next(each for each in explored.results if each.property.code == code)
