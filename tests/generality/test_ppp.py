"""PPP: the automaton does what the table of RFC 1661 section 4.1 says, cell by cell; the timer runs where it must."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statekit import Broken, Forbidden, Ignored, Snapshot, Stale, Stimulus, Taken, Ticket, step
from statekit.draw import dot_of, graph_of
from statekit.testing.passed import passed_by, untaken
from statekit.testing.walk import Walk
from statekit.timers import Fired
from tests.generality import ppp
from tests.generality.ppp import PPP, TIMED, Context, LogCrossed, Options, State, ThisLayer

# Typed off the RFC, not made from our table. [p], [r] and [x] are notes of the RFC.
RFC = """
       Initial  Starting   Closed    Stopped       Closing Stopping Req-Sent   Ack-Rcvd   Ack-Sent   Opened
Up     2        irc,scr/6  -         -             -       -        -          -          -          -
Down   -        -          0         tls/1         0       1        1          1          1          tld/1
Open   tls/1    1          irc,scr/6 3r            5r      5r       6          7          8          9r
Close  0        tlf/0      2         2             4       4        irc,str/4  irc,str/4  irc,str/4  tld,irc,str/4
TO+    -        -          -         -             str/4   str/5    scr/6      scr/6      scr/8      -
TO-    -        -          -         -             tlf/2   tlf/3    tlf/3p     tlf/3p     tlf/3p     -
RCR+   -        -          sta/2     irc,scr,sca/8 4       5        sca/8      sca,tlu/9  sca/8      tld,scr,sca/8
RCR-   -        -          sta/2     irc,scr,scn/6 4       5        scn/6      scn/7      scn/6      tld,scr,scn/6
RCA    -        -          sta/2     sta/3         4       5        irc/7      scr/6x     irc,tlu/9  tld,scr/6x
RCN    -        -          sta/2     sta/3         4       5        irc,scr/6  scr/6x     irc,scr/8  tld,scr/6x
RTR    -        -          sta/2     sta/3         sta/4   sta/5    sta/6      sta/6      sta/6      tld,zrc,sta/5
RTA    -        -          2         3             tlf/2   tlf/3    6          6          8          tld,scr/6
RUC    -        -          scj/2     scj/3         scj/4   scj/5    scj/6      scj/7      scj/8      scj/9
RXJ+   -        -          2         3             4       5        6          6          8          9
RXJ-   -        -          tlf/2     tlf/3         tlf/2   tlf/3    tlf/3      tlf/3      tlf/3      tld,irc,str/5
RXR    -        -          2         3             4       5        6          7          8          ser/9
"""

EVENTS = {
    "Up": ppp.Up(),
    "Down": ppp.Down(),
    "Open": ppp.Open(),
    "Close": ppp.Close(),
    "TO+": Fired("restart"),
    "TO-": Fired("restart"),
    "RCR+": ppp.GoodRequest(),
    "RCR-": ppp.BadRequest(),
    "RCA": ppp.ConfigureAck(),
    "RCN": ppp.ConfigureNak(),
    "RTR": ppp.TerminateRequest(),
    "RTA": ppp.TerminateAck(),
    "RUC": ppp.UnknownCode(),
    "RXJ+": ppp.HarmlessReject(),
    "RXJ-": ppp.FatalReject(),
    "RXR": ppp.Echo(),
}
STATES = tuple(State)
LINES = RFC.strip().splitlines()
CELLS = {
    (state, event): cell
    for event, *cells in (line.split() for line in LINES[1:])
    for state, cell in zip(STATES, cells, strict=True)
}
BEFORE = 7  # no count of a request, and neither a maximum nor one less than it
SENT, MOST = ("scr", "str"), {"scr": 10, "str": 2}


def cell_of(state, event, options=None):
    """Do what the event does in the state, and write it as the RFC writes a cell: actions, then the state's number."""
    context = Context(options or Options(), 0 if event == "TO-" else BEFORE)
    tickets = (Ticket(1, "restart", "timed"),) if state in TIMED else ()
    done = step(PPP, Snapshot(state, context, tickets, issued=1), Stimulus(EVENTS[event], ticket=1))
    if isinstance(done.verdict, Forbidden | Stale):
        return "-"
    assert isinstance(done.verdict, Taken | Ignored), done.verdict
    said = [each.phase if isinstance(each, ThisLayer) else each.packet for each in done.effects if each != LogCrossed()]
    actions = with_counting(said, context.restarts_left, done.snapshot.context.restarts_left)
    timed(done, actions)
    crossed = "x" if LogCrossed() in done.effects else ""
    return "/".join(filter(None, (",".join(actions), f"{STATES.index(done.snapshot.state)}{crossed}")))


def with_counting(said, before, after):
    """Put irc or zrc where the RFC has it, told by what became of the counter."""
    sends = [each for each in said if each in SENT]
    if after == before - len(sends):
        return said
    if after == 0 and not sends:
        return [*said[:1], "zrc", *said[1:]]
    assert after == MOST[sends[0] if sends else "scr"] - len(sends), after
    at = said.index(sends[0]) if sends else 0
    return [*said[:at], "irc", *said[at:]]


def timed(done, actions):
    """Only scr, str and zrc start the Restart timer, and it stops where it does not run (RFC 1661 section 4.1)."""
    assert bool(done.issued) == bool({"scr", "str", "zrc"} & set(actions))
    assert (done.snapshot.ticket("restart") is not None) == (done.snapshot.state in TIMED)


def test_the_text_has_all_cells_of_the_rfc():
    assert [name.replace("-", "_").upper() for name in LINES[0].split()] == [each.name for each in STATES]
    assert list(dict.fromkeys(event for _, event in CELLS)) == list(EVENTS)
    assert len(CELLS) == 160


@pytest.mark.parametrize(("state", "event"), CELLS)
def test_every_cell_is_as_the_rfc_has_it(state, event):
    assert cell_of(state, event) == CELLS[state, event].rstrip("rp")


@pytest.mark.parametrize(("state", "event"), [cell for cell, text in CELLS.items() if text.endswith("p")])
def test_a_passive_end_does_not_say_that_it_is_finished(state, event):
    assert cell_of(state, event, Options(passive=True)) == "3"


@pytest.mark.parametrize(("state", "event"), [cell for cell, text in CELLS.items() if text.endswith("r")])
def test_with_the_restart_option_an_open_is_the_open_then_down_and_up(state, event):
    tickets = (Ticket(1, "restart", "timed"),) if state in TIMED else ()
    snapshot, effects = Snapshot(state, Context(Options(), BEFORE), tickets, issued=1), []
    for each in (ppp.Open(), ppp.Down(), ppp.Up()):
        done = step(PPP, snapshot, Stimulus(each))
        snapshot, effects = done.snapshot, [*effects, *done.effects]
    optional = Context(Options(restart_on_open=True), BEFORE)
    at_once = step(PPP, Snapshot(state, optional, tickets, issued=1), Stimulus(ppp.Open()))
    assert list(at_once.effects) == effects
    assert at_once.snapshot.state == snapshot.state
    assert at_once.snapshot.context.restarts_left == snapshot.context.restarts_left


@pytest.mark.parametrize("option", ["passive", "restart_on_open"])
def test_an_option_changes_the_cells_with_its_note_and_no_other(option):
    note = {"passive": "p", "restart_on_open": "r"}[option]
    changed = {cell for cell in CELLS if cell_of(*cell) != cell_of(*cell, Options(**{option: True}))}
    assert changed == {cell for cell, text in CELLS.items() if text.endswith(note)}


@pytest.mark.parametrize("state", [each for each in STATES if each not in ppp.LAYER_DOWN])
def test_what_wants_no_reply_gets_none(state):
    done = step(PPP, Snapshot(state, Context(), (), issued=0), Stimulus(ppp.Echo(request=False)))
    assert isinstance(done.verdict, Ignored)


def test_the_table_is_total():
    assert PPP.blanks() == ()


def test_the_link_opens_and_closes():
    walk = Walk(PPP)
    walk.send(ppp.Open(), ppp.Up())
    assert (walk.state, walk.effects, walk.timers) == (State.REQ_SENT, (ppp.SCR[0],), {"restart": 3.0})
    walk.send(ppp.GoodRequest(), ppp.ConfigureAck())
    assert (walk.state, walk.effects, walk.timers) == (State.OPENED, (ppp.TLU,), {})
    walk.send(ppp.Close())
    assert (walk.state, walk.effects) == (State.CLOSING, (ppp.TLD, ppp.STR[0]))
    walk.send(ppp.TerminateAck())
    assert (walk.state, walk.effects, walk.timers) == (State.CLOSED, (ppp.TLF,), {})


@pytest.mark.parametrize(("close", "sent"), [(False, 10), (True, 2)])
def test_a_request_is_sent_as_often_as_its_maximum_and_no_more(close, sent):
    walk = Walk(PPP)
    walk.send(ppp.Open(), ppp.Up())
    packets = list(walk.effects)
    if close:
        walk.send(ppp.Close())
        packets = list(walk.effects)
    while walk.timers:
        walk.fire("restart")
        packets += walk.effects
    assert packets == [*([ppp.STR[0] if close else ppp.SCR[0]] * sent), ppp.TLF]
    assert walk.state is (State.CLOSED if close else State.STOPPED)


def test_a_peer_that_leaves_gets_one_period_before_the_end():
    walk = Walk(PPP)
    walk.send(ppp.Open(), ppp.Up(), ppp.GoodRequest(), ppp.ConfigureAck(), ppp.TerminateRequest())
    assert (walk.state, walk.effects, walk.timers) == (State.STOPPING, (ppp.TLD, ppp.STA), {"restart": 3.0})
    walk.fire("restart")
    assert (walk.state, walk.effects) == (State.STOPPED, (ppp.TLF,))


def test_the_timer_of_an_answered_request_is_stale():
    walk = Walk(PPP)
    walk.send(ppp.Open(), ppp.Up())
    late = walk.ticket("restart")
    walk.send(ppp.ConfigureNak())
    assert walk.fire("restart", ticket=late) == Stale(late)


STIMULI = st.lists(st.sampled_from(list(EVENTS.values())), max_size=60)
OPTIONS = st.builds(
    Options, passive=st.booleans(), restart_on_open=st.booleans(), max_configure=st.integers(1, 3),
    max_terminate=st.integers(1, 3),
)  # fmt: skip


@settings(deadline=None)
@given(STIMULI, OPTIONS)
def test_no_walk_breaks_or_is_forbidden_what_the_rfc_allows(events, options):
    walk = Walk(PPP, Context(options))
    for event in events:
        before, timing = walk.state, isinstance(event, Fired)
        if timing and walk.timers:
            walk.fire("restart")
        elif not timing:
            walk.send(event)
            illegal = CELLS[before, next(name for name, each in EVENTS.items() if each == event)] == "-"
            assert isinstance(walk.verdict, Forbidden) == illegal
        assert not isinstance(walk.verdict, Broken)
        assert bool(walk.timers) == (walk.state in TIMED)
        assert 0 <= walk.context.restarts_left <= max(options.max_configure, options.max_terminate)


def test_every_row_is_taken():
    passed = set()
    for state, event, passive, restart, left in itertools.product(STATES, EVENTS.values(), *[(False, True)] * 3):
        if state in TIMED or not isinstance(event, Fired):
            context = Context(Options(passive=passive, restart_on_open=restart), int(left))
            passed.update(passed_by(PPP, state, context, event))
    assert untaken(PPP, passed) == ()


def test_the_picture_has_every_state():
    graph = graph_of(PPP)
    assert [node.name for node in graph.nodes] == [str(state) for state in STATES]
    assert dot_of(graph).startswith("digraph ppp {")
