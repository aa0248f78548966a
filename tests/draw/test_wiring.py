"""The picture of a system has every wire, fact and signal of it."""

from statekit.draw.svg import find_layout, svg_of
from statekit.draw.wiring import dot_of_map, map_of, mermaid_of_map, tables_of
from statekit.effects import Signal


def test_every_wire_is_drawn_with_its_signal_and_maker(session):
    drawn = {
        (source, each.signal, target, each.maker) for source, target, told in map_of(session).wires for each in told
    }
    written = {
        (line.source.name, line.signal.__name__, line.target.name, line.make.__name__)
        for line in session.wiring
        if line.target is not None
    }
    assert drawn == written


def test_every_effect_goes_to_the_driver_the_application_or_a_machine(session):
    drawn = map_of(session)
    for member, machine in zip(drawn.members, session.members, strict=True):
        wired = {each.signal for source, _, told in drawn.wires if source == member.name for each in told}
        effects = machine.effects()
        assert {*member.orders} == {each.__name__ for each in effects if not issubclass(each, Signal)}
        assert {*member.published, *wired} == {each.__name__ for each in effects if issubclass(each, Signal)}


def test_a_fact_names_the_machines_it_reads(session):
    facts = {fact.name: fact for fact in map_of(session).facts}
    assert set(facts) == {derived.fact.__name__ for derived in session.derived}
    assert facts["shut_gates"].target == "connection"
    assert "auth_refresh" in facts["shut_gates"].reads
    assert facts["shut_gates"].event == "GatesMoved"


def test_every_signal_can_be_read_in_every_form(session):
    drawn = map_of(session)
    forms = (dot_of_map(drawn), mermaid_of_map(drawn), tables_of(drawn))
    for line in session.wiring:
        assert all(line.signal.__name__ in form for form in forms)
    assert "ReportPermit" in svg_of(forms[0], find_layout(), "session")
