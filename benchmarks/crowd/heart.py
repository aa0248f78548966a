"""Heart: hears whether somebody is there."""

from enum import StrEnum

from attrs import frozen

from benchmarks.crowd.shared import Nothing, Silent
from statekit import EVERY, Kind, Machine, Rows, after


class HeartState(StrEnum):
    DORMANT = "dormant"
    LISTENING = "listening"
    PROBING = "probing"


@frozen
class Begin:
    pass


@frozen
class End:
    pass


@frozen
class Heard:
    pass


heart = Rows[HeartState, Nothing, Silent]()
DORMANT, LISTENING, PROBING = HeartState
HEART = Machine[HeartState, Begin | End | Heard, Nothing, Silent](
    "heart",
    initial=DORMANT,
    context=Nothing(),
    states=(
        heart.state(DORMANT, Kind.REST, "no link"),
        heart.state(LISTENING, Kind.STEADY, "heard of late"),
        heart.state(PROBING, Kind.BUSY, "asked"),
    ),
    table=(
        heart.row(DORMANT, Begin, LISTENING),
        heart.ignore(EVERY, Begin, because="it listens"),
        heart.reenter(LISTENING, Heard),
        heart.row(PROBING, Heard, LISTENING),
        heart.ignore(DORMANT, Heard, because="no link"),
        heart.row(LISTENING, after(30.0), PROBING),
        heart.row(PROBING, after(10.0), DORMANT, Silent()),
        heart.row((LISTENING, PROBING), End, DORMANT),
        heart.ignore(DORMANT, End, because="no link"),
    ),
)
