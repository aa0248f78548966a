"""An office: a desk and one page per document, spawned by the wiring, addressed by key, gone when it has ended."""

from enum import StrEnum, auto

from attrs import evolve, frozen

from statekit import EVERY, Kind, Machine, Rows, Signal, Stimulus, System, View, after, derive, keyed, spawn, wire
from statekit.keyed import address


@frozen
class Opening(Signal):
    document: str | int


@frozen
class Word(Signal):
    document: str | int
    text: str


@frozen
class News(Signal):
    text: str


Sending = Opening | Word | News


@frozen
class Do:
    """Tell the desk to send these signals."""

    signals: tuple[Sending, ...]


@frozen
class Saved(Signal):
    text: str


@frozen
class Open:
    pass


@frozen
class Write:
    text: str


@frozen
class Online:
    is_so: bool


@frozen
class Filed:
    document: str | int
    text: str


@frozen
class Fetch:
    pass


@frozen
class Fetched:
    pass


@frozen
class NotFetched:
    pass


@frozen
class PutBack:
    pass


@frozen
class DeskContext:
    sending: tuple[Sending, ...] = ()
    filed: tuple[Filed, ...] = ()
    online: bool = False


class Desk(StrEnum):
    READY = auto()


def note_signals(context: DeskContext, event: Do) -> DeskContext:
    return evolve(context, sending=event.signals)


def send_all(context: DeskContext) -> tuple[Sending, ...]:
    return context.sending


def note_filed(context: DeskContext, event: Filed) -> DeskContext:
    return evolve(context, filed=(*context.filed, event))


def note_line(context: DeskContext, event: Online) -> DeskContext:
    return evolve(context, online=event.is_so)


D = Rows[Desk, DeskContext, object]()
DESK = Machine(
    "desk", initial=Desk.READY, context=DeskContext(), states=(D.state(Desk.READY, Kind.STEADY, "at work"),),
    table=(
        D.stay(Desk.READY, Do, send_all, update=note_signals),
        D.stay(Desk.READY, Filed, update=note_filed),
        D.stay(Desk.READY, Online, update=note_line),
    ),
)  # fmt: skip


@frozen
class PageContext:
    document: str | int = ""
    owner: str = "nobody"
    text: tuple[str, ...] = ()
    online: bool = False


class Page(StrEnum):
    BLANK = auto()
    FETCHING = auto()
    OPEN = auto()
    SHUT = auto()


BLANK, FETCHING, OPEN, SHUT = Page


def is_end(context: PageContext, event: Write) -> bool:
    return event.text == "end"


def write(context: PageContext, event: Write) -> PageContext:
    if event.text == "spill":
        raise RuntimeError("ink")
    return evolve(context, text=(*context.text, event.text))


def learn(context: PageContext, event: Online) -> PageContext:
    return evolve(context, online=event.is_so, text=(*context.text, f"online {event.is_so}"))


def last(context: PageContext) -> Saved:
    return Saved(context.text[-1])


def not_fetched(_: object) -> NotFetched:
    return NotFetched()


P = Rows[Page, PageContext, object]()
PAGE = Machine(
    "page", initial=BLANK, context=PageContext(),
    states=(
        P.state(BLANK, Kind.REST, "empty"), P.state(FETCHING, Kind.BUSY, "it is being fetched"),
        P.state(OPEN, Kind.STEADY, "written on"), P.state(SHUT, Kind.ENDED, "away"),
    ),
    table=(
        P.row(BLANK, Open, FETCHING, Fetch()),
        P.row((BLANK, FETCHING, OPEN), Write, SHUT, last, guard=is_end, update=write),
        P.stay((BLANK, OPEN), Write, last, update=write),
        P.postpone(FETCHING, Write, because="it is not here yet"),
        P.row(FETCHING, Fetched, OPEN),
        P.row(FETCHING, NotFetched, SHUT),
        P.row(FETCHING, after(5.0), SHUT),
        P.stay((BLANK, FETCHING, OPEN), Online, update=learn),
        P.ignore((FETCHING, OPEN), Open, because="it is open already"),
    ),
    answering=(
        P.answering(Fetch, NotFetched, opens=Fetched, orphan=PutBack(), scope=FETCHING, failed=not_fetched),
    ),
)  # fmt: skip


class Only(StrEnum):
    ONE = auto()


one = Rows[Only, PageContext, object]()


def for_document(context: PageContext, key: str) -> PageContext:
    return evolve(context, document=key)


def document(signal: Opening | Word) -> str | int:
    return signal.document


def opened(_: Opening) -> Open:
    return Open()


def written(signal: Word) -> Write:
    return Write(signal.text)


def news(signal: News) -> Write:
    return Write(signal.text)


def filed(signal: Saved, key: str) -> Filed:
    return Filed(key, signal.text)


def is_online(view: View) -> bool:
    return view.of(DESK).context.online


def system(*more, derived=(), per="document", context=for_document):
    return System(
        "office", (DESK, keyed(PAGE, per=per, context=context)),
        (
            spawn(DESK, Opening, PAGE, opened, key=document),
            wire(DESK, Word, PAGE, written, key=document),
            wire(DESK, News, PAGE, news, key=EVERY),
            wire(PAGE, Saved, DESK, filed),
            *more,
        ),
        derived,
    )  # fmt: skip


OFFICE = system()
FETCHED = Stimulus(Fetched(), ticket=2)


def go(snapshot, *signals, office=OFFICE):
    """Let the desk send signals, all in one transaction."""
    return office.step(snapshot, "desk", Stimulus(Do(signals)))


def to(snapshot, name, stimulus, office=OFFICE):
    return office.step(snapshot, name, stimulus if isinstance(stimulus, Stimulus) else Stimulus(stimulus))


def hops(done):
    return [(hop.member, type(hop.event), type(hop.verdict)) for hop in done.path[1:]]


def opened_office(*documents, office=OFFICE):
    """Give an office in which these pages have been fetched."""
    snapshot = go(office.start().snapshot, *map(Opening, documents), office=office).snapshot
    for each in documents:
        snapshot = to(snapshot, address("page", each), FETCHED, office).snapshot
    return snapshot


def named(signal: Saved, key: str) -> Word:
    return Word(key, signal.text)


ONLINE = derive(is_online, PAGE, Online, initially=False)
