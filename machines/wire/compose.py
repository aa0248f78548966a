"""Compose: two edits, the second made on what the first one left, as one edit that says no more than it must.

An edit is a list of operations anyway, so the one after the other is right already. What is gained is size: a word
typed letter by letter becomes one insert, a letter that was typed and taken back becomes nothing, and the backspaces
before it one delete. Only neighbours are joined, and only where the joined operation meets a concurrent edit exactly as
the two would have: an insert within the text that the insert before it brought, a delete within that text, a delete at
or around the place of the delete before it. A property test holds `transform` to that.
"""

from attrs import evolve

from machines.wire.operations import Delete, Edit, Insert, Operation, Retain


def compose(edit: Edit, later: Edit) -> Edit:
    """Make one edit of two: it does what `edit` does, and then `later`.

    `apply(text, compose(edit, later)) == apply(apply(text, edit), later)`. Retains change nothing and are dropped.
    Never raises; what does not fit its text still does not.
    """
    joined: list[Operation] = []
    for operation in (*edit, *later):
        if isinstance(operation, Retain):
            continue
        together = _joined(joined[-1], operation) if joined else None
        if together is None:
            joined.append(operation)
        else:
            joined[-1:] = together
    return tuple(joined)


def _joined(before: Operation, after: Operation) -> Edit | None:
    """Both as one operation, or none if they cancel each other out; None if they are better left apart."""
    match before, after:
        case Insert(), Insert() if before.attributes == after.attributes and _within(before, after.position):
            return (evolve(before, content=_spliced(before, after.position, 0, after.content)),)
        case Insert(), Delete() if _within(before, after.position) and _within(before, after.end):
            left = _spliced(before, after.position, after.length, "")
            return (evolve(before, content=left),) if left else ()
        case Delete(), Delete() if after.position <= before.position <= after.end:
            return (Delete(after.position, before.length + after.length),)
        case _:
            return None


def _within(insert: Insert, position: int) -> bool:
    return insert.position <= position <= insert.position + len(insert.content)


def _spliced(insert: Insert, position: int, length: int, content: str) -> str:
    at = position - insert.position
    return insert.content[:at] + content + insert.content[at + length :]
