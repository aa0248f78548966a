"""A way as a sequence diagram: read by Mermaid itself, every arrow from whom the wiring says."""

import mermaidx
import pytest

from statekit.check.hindsight import alone
from statekit.check.model import Model
from statekit.check.properties import invariant
from statekit.check.report import Trace
from statekit.check.seen import Move
from statekit.check.story import way_of
from statekit.draw.sequence import mermaid_of_way
from tests.check.breakers import BROKEN, WAY
from tests.check.clients import CLIENT, DIALLED
from tests.draw.conftest import Done, Go, S, everything

NAME = BROKEN.name


def drawn(model, trace, claim="it goes on"):
    text = mermaid_of_way(way_of(model, trace), claim)
    return text, mermaidx.render(text).svg()


def arrows(text):
    return [line.strip() for line in text.splitlines() if "->>" in line or "--x" in line]


def test_the_way_of_a_machine_has_its_events_verdicts_and_signals():
    text, svg = drawn(BROKEN, WAY, BROKEN.properties[0])
    assert arrows(text) == [
        "the_environment->>breaker: 1. Reported(generation=1, good=False)",
        "the_environment->>breaker: 2. Reported(generation=1, good=False)",
        "the_environment->>breaker: 3. after reset_delay",
        "breaker-->>the_environment: Log(what='over')",
        "the_environment->>breaker: 4. Acquire()",
        "breaker-->>the_application: Grant(generation=3)",
        "the_environment->>breaker: 5. Acquire()",
        "breaker-->>the_application: Grant(generation=3)",
    ]
    assert "OPEN → HALF_OPEN" in svg
    assert "B1 does not hold: No more probes are out than there are." in svg


def test_the_way_of_a_system_has_every_signal_from_whom_the_wiring_says():
    text, svg = drawn(CLIENT, DIALLED)
    # What the session's events hold is its own affair.
    assert [line.partition("(")[0] for line in arrows(text)] == [
        "the_environment->>auth_refresh: 1. SignIn",
        "auth_refresh->>connection: GatesMoved",
        "auth_refresh-->>the_environment: RefreshToken",
        "the_environment->>auth_refresh: 2. Refreshed",
        "auth_refresh->>connection: TokenReady",
        "the_environment->>connection: 3. Connect",
        "connection->>auth_refresh: Need",
        "auth_refresh->>connection: TokenReady",
        "connection->>circuit_breaker: Acquire",
        "circuit_breaker->>connection: Permitted",
        "connection-->>the_environment: Dial",
        "the_environment--xconnection: 4. Opened",
        "connection-->>the_environment: Abandon",
    ]
    assert "heartbeat" not in text
    assert "stale: it comes too late" in svg


@pytest.mark.parametrize("loop", [0, 2, 4])
def test_a_way_that_goes_round_has_a_loop(loop):
    text, svg = drawn(BROKEN, Trace(NAME, "default", WAY.moves, loop_from=loop))
    assert text.count("loop for ever") == text.count("  end\n") == 1
    assert "for ever" in svg


def test_a_way_without_moves_is_a_picture_too():
    assert "is CLOSED" in drawn(BROKEN, Trace(NAME, "default", ()))[1]


def test_unkind_names_and_texts_are_read_by_mermaid():
    model = Model(everything(), (invariant("E1", unkind),))
    moves = (Move("everything", Go()), Move("everything", Done(), "Ask"), Move("everything", Go()))
    _, svg = drawn(model, Trace("everything", "default", moves), model.properties[0])
    assert "WORK_ING" in svg
    assert "brace" in svg


def unkind(snapshot) -> bool:
    """Nothing; ends: a <b> "claim" {like} #this; end."""
    return snapshot.state is not S.UP


def test_a_postponed_event_comes_to_a_member_of_a_system_from_itself():
    done = Move("everything", Done(), "Ask")
    trace = Trace("everything", "default", (Move("everything", Go()), Move("everything", Go()), done))
    text, _ = drawn(Model(alone(everything())), trace)
    assert arrows(text)[3:6] == [
        "the_environment->>everything: 2. Go()",
        "the_environment->>everything: 3. Done()",
        "everything->>everything: Go()",
    ]
