"""What several of the crowd have to say, or to remember."""

from attrs import frozen

from statekit import Signal


@frozen
class Nothing:
    pass


@frozen
class Silent(Signal):
    pass
