"""Mistakes about keys, refused when the system is built, and functions that take no key."""

import pytest

from statekit import EVERY, MalformedSystem, System, keyed, publish, spawn, wire
from tests.office import (
    DESK,
    PAGE,
    News,
    Opening,
    PageContext,
    Saved,
    Word,
    Write,
    document,
    go,
    named,
    opened,
    opened_office,
    written,
)


def two(signal: Word, key: str) -> Write:
    return Write(key)


def two_keys(signal: Word, key: str) -> str:
    return key


def three(context: PageContext, key: str, more: str) -> PageContext:
    return context


REST = (publish(DESK, Opening, Word, News), publish(PAGE, Saved))
STARTS = spawn(DESK, Opening, PAGE, opened, key=document)


@pytest.mark.parametrize(
    ("members", "wiring", "fault"),
    [
        ((DESK, PAGE), (*REST, STARTS),
         "the wire of Opening from desk to page spawns, and page is not keyed: declare keyed(...), or use wire(...)"),
        ((DESK, PAGE), (*REST, wire(DESK, Word, PAGE, written, key=document)),
         "the wire of Word from desk to page has a key, and page is not keyed: take it away, or declare keyed(...)"),
        ((DESK, PAGE), (*REST, wire(DESK, Word, PAGE, written, key=EVERY)),
         "the wire of Word from desk to page has a key, and page is not keyed: take it away, or declare keyed(...)"),
        ((DESK, keyed(PAGE, per="document")), (*REST, STARTS, wire(DESK, Word, PAGE, written)),
         ("the wire of Word from desk to page does not say which document it leads to: give key=, a function of the "
          "signal, or key=EVERY for all of them")),
        ((DESK, keyed(PAGE)), (*REST, STARTS, spawn(DESK, Opening, PAGE, opened, key=EVERY)),
         ("the wire of Opening from desk to page does not say which key it leads to: give key=, a function of the "
          "signal")),
        ((DESK, keyed(PAGE)), (*REST, STARTS, wire(DESK, Word, PAGE, written, key=lambda signal: signal.document)),
         "the key of the wire of Word from desk to page has no name to be drawn by: write it as a function"),
        ((DESK, keyed(PAGE)), (*REST, STARTS, wire(DESK, Word, PAGE, two, key=document)),
         "two takes the sender's key, and desk, which it is for, has none"),
        ((DESK, keyed(PAGE)), (*REST, STARTS, wire(DESK, Word, PAGE, written, key=two_keys)),
         "two_keys takes the sender's key, and desk, which it is for, has none"),
        ((DESK, keyed(PAGE)), (*REST, STARTS, publish(DESK, Word, make=named)),
         "named takes the sender's key, and desk, which it is for, has none"),
        ((DESK, keyed(PAGE)), REST, "page is keyed, and nothing starts an instance of it: add spawn(...)"),
        ((DESK, keyed(PAGE, context=lambda context, key: context)), (*REST, STARTS),
         "the context= of page has no name: write it as a function of the context and the key"),
        ((DESK, keyed(PAGE, context=three)), (*REST, STARTS),
         "three must take the context and the key of page, and nothing else"),
        ((DESK, PAGE, keyed(PAGE)), (*REST, STARTS), "two members bear the name page; a member's name must be its own"),
    ],
)  # fmt: skip
def test_a_mistake_about_keys_is_refused_when_the_system_is_built(members, wiring, fault):
    with pytest.raises(MalformedSystem) as caught:
        System("office", members, wiring)
    assert caught.value.faults == (fault,)


def test_what_a_function_may_do_without_is_no_key_that_it_takes():
    class Scribe:
        def written(self, signal: Word, style: str = "plain") -> Write:
            return Write(f"{signal.text}, {style}")

    office = System(
        "office", (DESK, keyed(PAGE)), (*REST, STARTS, wire(DESK, Word, PAGE, Scribe().written, key=document))
    )
    done = go(opened_office("a", office=office), Word("a", "x"), office=office)
    assert done.snapshot.of(PAGE, "a").context.text == ("x, plain",)


def test_a_class_makes_its_event_of_the_signal_alone():
    office = System("office", (DESK, keyed(PAGE)), (*REST, STARTS, wire(DESK, Word, PAGE, Write, key=document)))
    done = go(opened_office("a", office=office), Word("a", "x"), office=office)
    assert done.snapshot.of(PAGE, "a").context.text == (Word("a", "x"),)
