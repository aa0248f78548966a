"""What of a transaction was rejected, and in which state: of instances too, which come and go on the way."""

from statekit import Broken, Unhandled, derive, spawn
from statekit.run.rejections import rejections
from tests.office import DESK, PAGE, Filed, News, Online, Opening, Word, go, opened_office, system


def filed_by(signal: News) -> Filed:
    return Filed(signal.text, "")


def page_of(signal: News) -> str:
    return signal.text


OFFICE = system(spawn(DESK, News, PAGE, filed_by, key=page_of))


def found(before, *signals, office=OFFICE):
    return rejections(office.plan, before, go(before, *signals, office=office))


def test_an_event_for_no_instance_is_rejected_without_a_state_and_harmless():
    before = opened_office("a", office=OFFICE)
    (rejection,) = found(before, Word("a", "end"), Word("a", "x"))
    assert rejection.error.verdict == Unhandled(absent=True)
    assert (rejection.error.machine, rejection.error.state, rejection.error.possible) == ("page[a]", "", ())
    assert (rejection.words, rejection.serious) == ("page[a]: Write: unhandled: no instance has this key", False)


def test_a_started_instance_is_in_its_first_state_whatever_its_forerunner_was_in():
    before = opened_office("a", office=OFFICE)
    words = [each.words for each in found(before, Word("a", "end"), News("a")) if each.serious]
    assert words == ["page[a]: Filed in BLANK: unhandled: no row answers this event here"]


def test_an_instance_that_breaks_as_it_starts_would_have_been_in_its_first_state():
    def torn(context, key: str):
        raise RuntimeError

    office = system(context=torn)
    (rejection,) = found(office.start().snapshot, Opening("a"), office=office)
    assert isinstance(rejection.error.verdict, Broken)
    assert (rejection.error.machine, rejection.error.state) == ("desk", "READY"), "it was the desk's event"


def test_a_fact_that_breaks_is_the_fault_of_the_last_hop():
    def fact(view) -> bool:
        return 1 // (1 - len(view.keys(PAGE))) == 1

    office = system(derived=(derive(fact, PAGE, Online, initially=True),))
    (rejection,) = found(office.start().snapshot, Opening("a"), office=office)
    assert rejection.words == "page[a]: Open in BLANK: broken: fact raised ZeroDivisionError"
