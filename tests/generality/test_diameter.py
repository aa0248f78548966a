"""Diameter: RFC 6733 section 5.6 row by row; elections won and lost; what a lost connection still brings."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from statekit import Broken, Forbidden, Ignored, Postponed, Snapshot, Stale, Stimulus, Taken, Ticket, step
from statekit.draw import dot_of, graph_of
from statekit.testing.passed import passed_by, untaken
from statekit.testing.walk import Walk
from statekit.timers import Fired
from tests.generality import diameter
from tests.generality.diameter import DIAMETER, I_COUNTS, R_COUNTS, Context, State

WAIT_LIMIT = "after wait_limit"
LOWER, HIGHER = "a.example.com", "z.example.com"

# Typed off the RFC, not made from our table.
RFC = """
Closed              Start           I-Snd-Conn-Req                  Wait-Conn-Ack
Closed              R-Conn-CER      R-Accept,Process-CER,R-Snd-CEA  R-Open
Wait-Conn-Ack       I-Rcv-Conn-Ack  I-Snd-CER                       Wait-I-CEA
Wait-Conn-Ack       I-Rcv-Conn-Nack Cleanup                         Closed
Wait-Conn-Ack       R-Conn-CER      R-Accept,Process-CER            Wait-Conn-Ack/Elect
Wait-Conn-Ack       Timeout         Error                           Closed
Wait-I-CEA          I-Rcv-CEA       Process-CEA                     I-Open
Wait-I-CEA          R-Conn-CER      R-Accept,Process-CER,Elect      Wait-Returns
Wait-I-CEA          I-Peer-Disc     I-Disc                          Closed
Wait-I-CEA          I-Rcv-Non-CEA   Error                           Closed
Wait-I-CEA          Timeout         Error                           Closed
Wait-Conn-Ack/Elect I-Rcv-Conn-Ack  I-Snd-CER,Elect                 Wait-Returns
Wait-Conn-Ack/Elect I-Rcv-Conn-Nack R-Snd-CEA                       R-Open
Wait-Conn-Ack/Elect R-Peer-Disc     R-Disc                          Wait-Conn-Ack
Wait-Conn-Ack/Elect R-Conn-CER      R-Reject                        Wait-Conn-Ack/Elect
Wait-Conn-Ack/Elect Timeout         Error                           Closed
Wait-Returns        Win-Election    I-Disc,R-Snd-CEA                R-Open
Wait-Returns        I-Peer-Disc     I-Disc,R-Snd-CEA                R-Open
Wait-Returns        I-Rcv-CEA       R-Disc                          I-Open
Wait-Returns        R-Peer-Disc     R-Disc                          Wait-I-CEA
Wait-Returns        R-Conn-CER      R-Reject                        Wait-Returns
Wait-Returns        Timeout         Error                           Closed
R-Open              Send-Message    R-Snd-Message                   R-Open
R-Open              R-Rcv-Message   Process                         R-Open
R-Open              R-Rcv-DWR       Process-DWR,R-Snd-DWA           R-Open
R-Open              R-Rcv-DWA       Process-DWA                     R-Open
R-Open              R-Conn-CER      R-Reject                        R-Open
R-Open              Stop            R-Snd-DPR                       Closing
R-Open              R-Rcv-DPR       R-Snd-DPA                       Closing
R-Open              R-Peer-Disc     R-Disc                          Closed
I-Open              Send-Message    I-Snd-Message                   I-Open
I-Open              I-Rcv-Message   Process                         I-Open
I-Open              I-Rcv-DWR       Process-DWR,I-Snd-DWA           I-Open
I-Open              I-Rcv-DWA       Process-DWA                     I-Open
I-Open              R-Conn-CER      R-Reject                        I-Open
I-Open              Stop            I-Snd-DPR                       Closing
I-Open              I-Rcv-DPR       I-Snd-DPA                       Closing
I-Open              I-Peer-Disc     I-Disc                          Closed
Closing             I-Rcv-DPA       I-Disc                          Closed
Closing             R-Rcv-DPA       R-Disc                          Closed
Closing             Timeout         Error                           Closed
Closing             I-Peer-Disc     I-Disc                          Closed
Closing             R-Peer-Disc     R-Disc                          Closed
"""

SAMPLES = {
    "SendMessage": diameter.SendMessage("hello"),
    "IRcvMessage": diameter.IRcvMessage("hello"),
    "RRcvMessage": diameter.RRcvMessage("hello"),
    "RConnCER": diameter.RConnCER(HIGHER),
    "Timeout": None,
}
NON_CEA = ("IRcvMessage", "IRcvDWR", "IRcvDWA", "IRcvDPR", "IRcvDPA")
# In Closing: where the RFC has no row, and a connection or a peer would be left hanging; see the table's docstring.
ADDED = {"RConnCER": "RReject", "IRcvDPR": "ISndDPA", "RRcvDPR": "RSndDPA"}


def rfc_rows():
    """Give the RFC's rows: state, event, actions, next state. Elect goes on as if lost, Win-Election as if won."""
    for line in RFC.strip().splitlines():
        state, event, actions, after = line.split()
        names = [State[each.upper().replace("-", "_").replace("/", "_")] for each in (state, after)]
        events = NON_CEA if event == "I-Rcv-Non-CEA" else (event.replace("-", ""),)
        for each in events:
            yield names[0], each, tuple(action.replace("-", "") for action in actions.split(",")), names[1]


ROWS = list(rfc_rows())
PLAIN = [row for row in ROWS if row[1] != "WinElection"]


def event_of(name):
    return SAMPLES[name] if name in SAMPLES else getattr(diameter, name)()


def tried(state, name, origin_host="m.example.com"):
    """Do what an event does in a state in which every connection that counts is there."""
    tickets = (
        *((Ticket(1, "ISndConnReq", "i_counts"),) if state in I_COUNTS else ()),
        *((Ticket(2, "RAccept", "r_counts"),) if state in R_COUNTS else ()),
    )
    event = event_of(name)
    if event is None:
        timer = f"{WAIT_LIMIT} in {state}"
        tickets, event = (*tickets, Ticket(3, timer, str(state))), Fired(timer)
    number = 3 if isinstance(event, Fired) else 2 if name.startswith("R") else 1
    context = Context(diameter.Options(origin_host), peer_host=HIGHER)
    return step(DIAMETER, Snapshot(state, context, tickets, issued=3), Stimulus(event, ticket=number))


def names_of(effects):
    return tuple(type(effect).__name__ for effect in effects)


def test_the_text_has_all_rows_of_the_rfc():
    assert len(RFC.strip().splitlines()) == 43
    assert {row[0] for row in ROWS} == {row[3] for row in ROWS} == set(State)


@pytest.mark.parametrize(("state", "event", "actions", "after"), PLAIN)
def test_every_row_of_the_rfc_is_there(state, event, actions, after):
    done = tried(state, event)
    assert isinstance(done.verdict, Taken)
    assert (names_of(done.effects), done.snapshot.state) == (tuple(a for a in actions if a != "Elect"), after)


@pytest.mark.parametrize(("state", "event", "actions", "after"), [row for row in ROWS if "Elect" in row[2]])
def test_an_election_that_is_won_goes_on_as_the_rfc_has_it(state, event, actions, after):
    won = next(row for row in ROWS if row[:2] == (after, "WinElection"))
    done = tried(state, event, origin_host="zz.example.com")
    assert names_of(done.effects) == (*(each for each in actions if each != "Elect"), *won[2])
    assert done.snapshot.state is won[3]


def test_nothing_else_moves_it_than_what_the_rfc_says():
    names = [event.__name__ for event in DIAMETER.folded.events]
    known = {row[:2] for row in ROWS} | {(State.CLOSING, name) for name in ADDED}
    for state in State:
        for name in names:
            verdict = tried(state, name).verdict
            assert isinstance(verdict, Taken) == ((state, name) in known), (state, name)
            assert isinstance(verdict, Taken | Ignored | Postponed | Forbidden | Stale)


@pytest.mark.parametrize("name", ADDED)
def test_what_the_rfc_is_silent_on_leaves_nobody_hanging(name):
    done = tried(State.CLOSING, name)
    assert (names_of(done.effects), done.snapshot.state) == ((ADDED[name],), State.CLOSING)


def test_the_table_is_total():
    assert DIAMETER.blanks() == ()


# ------------------------------------------------------------------------------------------------------------- walks


@pytest.fixture
def walk():
    return Walk(DIAMETER)


def connect(walk):
    walk.send(diameter.Start())
    walk.answer(diameter.IRcvConnAck())


def test_we_connect_talk_and_disconnect(walk):
    connect(walk)
    assert (walk.state, names_of(walk.effects), walk.timers) == (State.WAIT_I_CEA, ("ISndCER",), {WAIT_LIMIT: 30.0})
    walk.answer(diameter.IRcvCEA())
    walk.send(diameter.SendMessage("hello"))
    assert (walk.state, walk.effects) == (State.I_OPEN, (diameter.ISndMessage("hello"),))
    walk.send(diameter.Stop())
    walk.answer(diameter.IRcvDPA())
    assert (walk.state, names_of(walk.effects), walk.snapshot.tickets) == (State.CLOSED, ("IDisc",), ())


def test_the_peer_connects_talks_and_disconnects(walk):
    walk.send(diameter.RConnCER(LOWER))
    assert (walk.state, names_of(walk.effects)) == (State.R_OPEN, ("RAccept", "ProcessCER", "RSndCEA"))
    walk.answer(diameter.RRcvMessage("hello"))
    assert walk.effects == (diameter.Process("hello"),)
    walk.answer(diameter.RRcvDPR())
    assert (walk.state, names_of(walk.effects)) == (State.CLOSING, ("RSndDPA",))
    walk.answer(diameter.RPeerDisc())
    assert (walk.state, walk.snapshot.tickets) == (State.CLOSED, ())


@pytest.mark.parametrize("late", [False, True])
def test_an_election_that_is_won_keeps_the_peers_connection(walk, late):
    walk.send(diameter.Start())
    ours = walk.ticket(diameter.ISndConnReq)
    if late:
        walk.send(diameter.RConnCER(LOWER))
        assert walk.state is State.WAIT_CONN_ACK_ELECT
        walk.answer(diameter.IRcvConnAck())
    else:
        walk.answer(diameter.IRcvConnAck())
        walk.send(diameter.RConnCER(LOWER))
    assert (walk.state, names_of(walk.effects)[-2:]) == (State.R_OPEN, ("IDisc", "RSndCEA"))
    assert walk.answer(diameter.IRcvCEA(), ticket=ours) == Stale(ours)
    assert walk.answer(diameter.IPeerDisc(), ticket=ours) == Stale(ours)
    assert walk.state is State.R_OPEN


@pytest.mark.parametrize("late", [False, True])
def test_an_election_that_is_lost_keeps_our_connection(walk, late):
    walk.send(diameter.Start())
    if late:
        walk.send(diameter.RConnCER(HIGHER))
        walk.answer(diameter.IRcvConnAck())
    else:
        walk.answer(diameter.IRcvConnAck())
        walk.send(diameter.RConnCER(HIGHER))
    assert walk.state is State.WAIT_RETURNS
    theirs = walk.ticket(diameter.RAccept)
    walk.answer(diameter.IRcvCEA())
    assert (walk.state, names_of(walk.effects)) == (State.I_OPEN, ("RDisc",))
    assert walk.answer(diameter.RPeerDisc(), ticket=theirs) == Stale(theirs)


def test_the_two_ends_of_an_election_come_to_opposite_results():
    for ours, theirs in ((LOWER, HIGHER), ("A.example.com", "b.example.com"), ("a.b", "a-b")):
        results = []
        for mine, other in ((ours, theirs), (theirs, ours)):
            end = Walk(DIAMETER, Context(diameter.Options(mine)))
            connect(end)
            end.send(diameter.RConnCER(other))
            results.append(end.state)
        assert sorted(results) == [State.R_OPEN, State.WAIT_RETURNS]


def test_a_connection_that_opens_after_it_was_given_up_is_disconnected(walk):
    walk.send(diameter.Start())
    ours = walk.ticket(diameter.ISndConnReq)
    walk.fire(WAIT_LIMIT)
    assert (walk.state, names_of(walk.effects)) == (State.CLOSED, ("Error",))
    assert walk.answer(diameter.IRcvConnAck(), ticket=ours) == Stale(ours)
    assert walk.effects == (diameter.IDisc(),)


def test_a_stop_while_connecting_is_obeyed_once_it_is_open(walk):
    connect(walk)
    assert isinstance(walk.send(diameter.Stop()), Postponed)
    walk.answer(diameter.IRcvCEA())
    assert (walk.state, names_of(walk.effects)) == (State.CLOSING, ("ProcessCEA", "ISndDPR"))


def test_a_message_for_a_peer_that_is_not_open_is_an_error(walk):
    assert walk.send(diameter.SendMessage("hello")) == Forbidden("no connection is open: choose another peer")


def test_a_performer_that_fails_is_a_connection_that_failed():
    ours, theirs = DIAMETER.answering
    assert ours.failed(None) == diameter.IRcvConnNack()
    assert theirs.failed(None) == diameter.RPeerDisc()


SENT = st.sampled_from((
    diameter.Start(), diameter.Start(), diameter.Stop(), diameter.SendMessage("hello"),
    diameter.RConnCER(LOWER), diameter.RConnCER(HIGHER),
))  # fmt: skip


def coming(walk):
    """Name what may come of what the machine has started; R's stream is open from the start, which Walk cannot know."""
    on_r = DIAMETER.answering[1].events if walk.snapshot.ticket("RAccept") else ()
    return [*walk.timers, *walk.answerable, *on_r]


@settings(deadline=None)
@given(st.lists(SENT | st.integers(0, 99), max_size=60))
def test_no_walk_breaks_or_is_forbidden_what_can_happen(stimuli):
    walk = Walk(DIAMETER)
    for stimulus in stimuli:
        before, possible = walk.state, coming(walk)
        if not isinstance(stimulus, int):
            walk.send(stimulus)
            unsendable = isinstance(stimulus, diameter.SendMessage) and before not in (State.I_OPEN, State.R_OPEN)
            assert isinstance(walk.verdict, Forbidden) == unsendable
        elif possible:
            chosen = possible[stimulus % len(possible)]
            walk.fire(chosen) if isinstance(chosen, str) else walk.answer(event_of(chosen.__name__))
            assert isinstance(walk.verdict, Taken | Ignored)
        assert not isinstance(walk.verdict, Broken)
        assert bool(walk.timers) == (walk.state not in (State.CLOSED, State.I_OPEN, State.R_OPEN))
        assert walk.snapshot.ticket("ISndConnReq") is None or walk.state in I_COUNTS
        assert walk.state not in (State.I_OPEN, State.R_OPEN) or len(walk.snapshot.tickets) == 1


def test_every_row_is_taken():
    passed = set()
    names = [*(event.__name__ for event in DIAMETER.folded.events), "Timeout"]
    for state, name, host in itertools.product(State, names, ("m.example.com", "zz.example.com")):
        if not isinstance(tried(state, name, host).verdict, Stale):
            event = event_of(name) or Fired(f"{WAIT_LIMIT} in {state}")
            passed.update(passed_by(DIAMETER, state, Context(diameter.Options(host), peer_host=HIGHER), event))
    assert untaken(DIAMETER, passed) == ()


def test_the_picture_has_every_state():
    graph = graph_of(DIAMETER)
    assert [node.name for node in graph.nodes] == [str(state) for state in State]
    assert dot_of(graph).startswith("digraph diameter {")
