"""Keeping: whether a document's operations may be sent, and whether any are accepted, as others say.

Somebody holds them for a while, those of all documents or of some; or the server has denied this document's. A denial
is the document's own: no end of a hold lifts it, only a server that says anew what its user may do, in a greeting or of
itself. Then it is tried again, and may be denied again.
"""

from attrs import evolve

from machines.document import Hold, PermissionsCame
from machines.outbox import Context
from machines.trying import ask


def is_held(context: Context) -> bool:
    """Must operations be kept for now?"""
    return context.held or context.denied


def is_read_only(context: Context) -> bool:
    """May this user only read?"""
    return not context.may_write


def keeps_us(context: Context, event: Hold) -> bool:
    """Must the operations of this document be kept?"""
    return event.documents is None or context.replica.document_id in event.documents


def spares_us(context: Context, event: Hold) -> bool:
    """Must only those of others be kept?"""
    return not keeps_us(context, event)


def frees_us(context: Context, event: Hold) -> bool:
    """Must only those of others be kept, and was this document not denied?"""
    return spares_us(context, event) and not context.denied


def was_not_denied(context: Context) -> bool:
    """Is there no denial, by which they are kept all the same?"""
    return not context.denied


def may_write(_: Context, event: PermissionsCame) -> bool:
    """Does the server say that this user may write?"""
    return event.may_write


def may_write_at_last(context: Context, event: PermissionsCame) -> bool:
    """Does it say so of one who was denied, while nobody else holds anything?"""
    return event.may_write and context.denied and not context.held


def hold(context: Context, event: Hold) -> Context:
    """Note that operations must be kept, and whether any are accepted."""
    read_only = context.read_only if event.read_only is None else event.read_only
    return evolve(context, held=True, read_only=read_only)


def release(context: Context) -> Context:
    """Note that nobody holds operations any more."""
    return evolve(context, held=False, read_only=False)


def release_and_ask(context: Context) -> Context:
    """Note that operations may be sent, and number the next question."""
    return ask(release(context))


def allow(context: Context) -> Context:
    """Forget that it was denied."""
    return evolve(context, denied=False)


def allow_and_ask(context: Context) -> Context:
    """Forget that it was denied, and number the next question."""
    return ask(allow(context))
