"""The picture of a system has every wire, fact and signal of it."""

from attrs import evolve

from statekit import derive
from statekit.draw.svg import find_layout, svg_of
from statekit.draw.wiring import dot_of_map, map_of, mermaid_of_map, tables_of
from statekit.effects import Signal
from tests.check.rooms import METER, ROOM, told
from tests.office import OFFICE


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


def test_a_keyed_member_has_a_double_frame_and_says_what_a_key_is():
    drawn = map_of(OFFICE)
    assert {member.name: member.per for member in drawn.members} == {"desk": "", "page": "document"}
    source = dot_of_map(drawn)
    assert source.count("peripheries=2") == 1
    assert "one per document: 4 states, 9 rows" in source
    mermaid = mermaid_of_map(drawn)
    assert 'page[["page<br/>one per document"]]' in mermaid
    assert 'desk["desk"]' in mermaid
    assert "one per document" in tables_of(drawn)
    assert "one per document" in svg_of(source, find_layout(), "office")


def test_a_wire_to_a_keyed_member_says_which_instances_it_leads_to():
    drawn = map_of(OFFICE)
    said = {(each.signal, each.to) for _, _, told in drawn.wires for each in told}
    assert said == {
        ("Opening", "started by document"), ("Word", "by document"), ("News", "every document"), ("Saved", ""),
    }  # fmt: skip
    for form in (dot_of_map(drawn), mermaid_of_map(drawn), tables_of(drawn)):
        assert all(to in form for _, to in said)


def lit(room):
    return room.of(METER).context.lamps


def is_dark(room):
    """Whether the meter has counted nothing."""
    return not lit(room) or (lit(room) < 0 and is_dark(room))


class Nobody:
    """A fact that is no function, into which nobody can look."""

    __name__ = "nobody"

    def __call__(self, room):
        return False


def test_a_fact_reads_what_the_functions_that_it_calls_read_and_one_without_code_nothing_known():
    derived = tuple(derive(fact, METER, told, initially=False) for fact in (is_dark, Nobody()))
    drawn = map_of(evolve(ROOM, derived=derived))
    assert [(fact.name, fact.reads) for fact in drawn.facts] == [("is_dark", ("meter",)), ("nobody", ())]
