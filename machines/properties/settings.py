"""Settings: what may happen to conflict_recovery in each of the lives that it is explored in, by the client's name.

Everything at once is more than can be explored at every change. So each short life has a few troubles, and a server
that makes them hard to bear; the long ones have them all, with two operations of the client's and one of Bob's.
"""

from collections.abc import Mapping
from typing import Final

from attrs import evolve, frozen

from machines.algebra import Algebra
from machines.properties.server import STUBBORN, Temper
from machines.text import TEXT
from machines.tries import Options
from machines.wire.operations import Delete, Edit, Insert
from machines.wire.text import Text

SMALL = Options(
    syncs_max=1,
    sync_wait_seconds=1.0,
    sync_wait_cap_seconds=1.0,
    retries_max=0,
    rounds_max=0,
    compose_max=2,
    queue_max=2,
)
"""Nothing is tried twice but what may have broken a link, one message brings two operations, and no more may wait."""

ROOMY = evolve(SMALL, syncs_max=2, sync_wait_cap_seconds=2.0, retries_max=1, rounds_max=1)
"""Everything is tried twice."""


@frozen
class Setting:
    """What may happen, beside that the link comes and whoever is asked answers.

    The user makes the `edits`, one after the other, and Bob the `remote` ones, on a document of this `algebra`. The
    link is lost `losses` times; `blames` has it that the edit under way may be what broke it. Of an edit the server may
    say that it is `unsure`, that it `refuses` it for no reason, and that it `puts_back` what came too fast. It
    `repeats` what it said, later, and tells authors of their own edits; it `skips` telling of Bob's; it answers the
    newest `questions` that wait, and no older ones. Operations are held and released where something `holds` them, the
    document `ends` so often, and the user makes `misfits`, and edits that are `late`: made on what was seen before the
    last change. Who `opens` the document does so first, with a link or without, and may close it at any time.
    """

    temper: Temper
    edits: tuple[Edit, ...]
    remote: tuple[Edit, ...] = ()
    options: Options = SMALL
    algebra: Algebra[Text, Edit] = TEXT
    losses: int = 0
    ends: int = 0
    blames: bool = False
    unsure: bool = False
    refuses: bool = False
    puts_back: bool = False
    repeats: bool = False
    skips: bool = False
    questions: int = 1
    holds: bool = False
    misfits: bool = False
    late: bool = False
    opens: bool = False


PUT_A, PUT_B, PUT_R = ((Insert(0, content),) for content in "abr")
TAKE = (Delete(0, 1),)

STRONG = Temper(transforms=True, operations=True, last=True, knows=False)
"""As the shipped one, but that it takes twice what it gets twice."""
STRICT = Temper(transforms=False, operations=False, last=True, knows=False)
"""One that rejects what was made on an older version, and answers with the document alone and the last message."""
WEAK = Temper(transforms=False, operations=False, last=False, knows=True)
"""One whose answer does not show what it has; so it has to know what it gets again."""

LONG = Setting(
    STRONG, (PUT_A, TAKE), (PUT_R,), losses=1, blames=True, unsure=True, refuses=True, puts_back=True, repeats=True,
    questions=2
)  # fmt: skip

SHORT_LIVES: Final[Mapping[str, Setting]] = {
    "ann": Setting(STRONG, (PUT_A,), (PUT_R,), losses=1, unsure=True),
    "cid": Setting(STRICT, (PUT_A,), (PUT_R,), losses=1, refuses=True, puts_back=True),
    "ada": Setting(WEAK, (PUT_A,), (PUT_R,), losses=1, unsure=True),
    "eve": Setting(STRONG, (PUT_A, TAKE), losses=1, refuses=True, repeats=True),
    "abe": Setting(STRONG, (PUT_A,), (PUT_R,), refuses=True, holds=True),
    "dan": Setting(STRICT, (PUT_A,), losses=1, ends=1, opens=True),
    "amy": Setting(STRONG, (PUT_A,), (PUT_R, TAKE), skips=True, misfits=True, late=True),
    "eli": Setting(STRICT, (PUT_A, TAKE), options=evolve(ROOMY, queue_max=1), unsure=True, questions=2),
    "ida": Setting(STRICT, (PUT_A, PUT_B), (TAKE,), algebra=STUBBORN, repeats=True),
    "ira": Setting(STRICT, (PUT_A,), losses=2, blames=True, unsure=True),
}
"""Lives of a few hundred to a few thousand places each."""

LONG_LIVES: Final[Mapping[str, Setting]] = {
    "alf": LONG,
    "leo": evolve(LONG, temper=STRICT),
    "ari": evolve(LONG, temper=WEAK),
    "max": evolve(LONG, edits=(PUT_A,), options=ROOMY, losses=2),
    "mia": evolve(LONG, edits=(PUT_A,), holds=True, ends=1),
}
"""Lives with all troubles at once."""

SETTINGS: Final[Mapping[str, Setting]] = {**SHORT_LIVES, **LONG_LIVES}
