"""Concurrent edits: what an edit becomes once another one, made on the same text, has been carried out first.

Two authors change the same text T at the same time, one by edit a, the other by b. Each applies its own at
once and the other's later, so the other's must be rewritten: a' is a as it reads after b, b' is b as it reads
after a. They agree when

    apply(apply(T, a), b') == apply(apply(T, b), a')          (TP1, the first transformation property)

for every pair. With one server that puts the edits in order, TP1 is all that convergence needs: the server's
order is the only path that two replicas must agree on (TP2, about three paths, is for designs without a
server).

For single operations the rules are below, one function per kind that went first. Two need more than a shift:
a delete or a format with a foreign insert in its middle falls into two, so it never touches text its author
has not seen; what another delete took away is not deleted again. Two ties have no right answer, only a common
one: inserts at one place, and two values for one attribute of one character. The author with the smaller
client id (`first`) stands left and wins.

Edits of several operations are a grid: a's operations down the side, b's along the top, each cell a pair of
single ones whose rewritten halves go on to the next row and column. TP1 in every cell gives TP1 for the
whole. It ends though cells split: inserts never split, deletes and the winner's formats split at inserts
only, the loser's formats at those two only.
"""

from collections.abc import Iterator

from attrs import evolve

from machines.wire.objects import JsonObject
from machines.wire.operations import Delete, Edit, Format, Insert, Operation, Retain


def transform(edit: Edit, against: Edit, *, first: bool) -> Edit:
    """The edit as it reads after `against`, which was made on the same text and carried out before it.

    `first` says that the author of `edit` has the smaller client id; the other side must be told the
    opposite. The answer is `()` when nothing is left to do. Retains change nothing and are dropped. Both
    edits must fit the text they were made on (`text.apply` checks that); then the answer fits too.
    """
    return cross(edit, against, first=first)[0]


def cross(left: Edit, right: Edit, *, first: bool) -> tuple[Edit, Edit]:
    """Both halves at once: `left` as it reads after `right`, and `right` as it reads after `left`.

    `first` says that the author of `left` has the smaller client id. This is what a client needs that carries
    a waiting edit past a remote one: the first half is still to be sent, the second is to be applied.
    """
    return _grid(_changing(left), _changing(right), first=first)


def _changing(edit: Edit) -> Edit:
    return tuple(operation for operation in edit if not isinstance(operation, Retain))


def _grid(left: Edit, right: Edit, *, first: bool) -> tuple[Edit, Edit]:
    # Halves, not one by one: the depth of the recursion then grows with the logarithm of the edit.
    if not left or not right:
        return left, right
    if len(left) == 1 and len(right) == 1:
        one, other = left[0], right[0]
        return tuple(_after(one, other, first=first)), tuple(_after(other, one, first=not first))
    if len(left) > 1:
        middle = len(left) // 2
        upper, right = _grid(left[:middle], right, first=first)
        lower, right = _grid(left[middle:], right, first=first)
        return upper + lower, right
    middle = len(right) // 2
    left, near = _grid(left, right[:middle], first=first)
    left, far = _grid(left, right[middle:], first=first)
    return left, near + far


def _after(operation: Operation, other: Operation, *, first: bool) -> Iterator[Operation]:
    match other:
        case Insert():
            return _after_insert(operation, other.position, len(other.content), first=first)
        case Delete():
            return _after_delete(operation, other.position, other.end)
        case Format():
            return _after_format(operation, other, first=first)
        case Retain():
            return iter((operation,))


def _after_insert(operation: Operation, at: int, size: int, *, first: bool) -> Iterator[Operation]:
    match operation:
        case Insert(position):
            stays = position < at or (position == at and first)
            yield operation if stays else evolve(operation, position=position + size)
        case Delete(position) | Format(position):
            if operation.end <= at:
                yield operation
            elif position >= at:
                yield evolve(operation, position=position + size)
            else:
                before = at - position
                yield evolve(operation, length=before)
                # Once a delete has taken the part before, the foreign text begins where the delete did.
                begins = position if isinstance(operation, Delete) else at
                yield evolve(operation, position=begins + size, length=operation.length - before)
        case Retain():
            yield operation


def _after_delete(operation: Operation, start: int, end: int) -> Iterator[Operation]:
    def closed_up(position: int) -> int:
        return position - max(0, min(position, end) - start)

    match operation:
        case Insert(position):
            yield evolve(operation, position=closed_up(position))
        case Delete(position) | Format(position):
            begins, ends = closed_up(position), closed_up(operation.end)
            if begins < ends:
                yield evolve(operation, position=begins, length=ends - begins)
        case Retain():
            yield operation


def _after_format(operation: Operation, other: Format, *, first: bool) -> Iterator[Operation]:
    if first or not isinstance(operation, Format):
        yield operation
        return
    start, end = max(operation.position, other.position), min(operation.end, other.end)
    kept = JsonObject.of({name: value for name, value in operation.attributes.items() if name not in other.attributes})
    if start >= end or len(kept) == len(operation.attributes):
        yield operation
        return
    stretches = (
        (operation.position, start, operation.attributes),
        (start, end, kept),
        (end, operation.end, operation.attributes),
    )
    for begins, ends, attributes in stretches:
        if begins < ends and attributes:
            yield Format(begins, ends - begins, attributes)
