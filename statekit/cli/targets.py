"""Targets: what `check` is to look at, by the names it was given, or all that is installed."""

from collections.abc import Iterator

from attrs import evolve, field, frozen

from statekit.check.model import Model
from statekit.cli import catalogue
from statekit.machine import Definition
from statekit.system import System


@frozen
class Target:
    """A model to check, by its name, and whether it is to be explored.

    `source` is the `module:ATTRIBUTE` that it is made from anew, in another process: the model, or the machine or
    system that has none. `home` is that of the model, empty if it was made here.
    """

    name: str
    model: Model
    source: str = ""
    home: str = ""
    whole: bool = field(default=True, kw_only=True)

    @property
    def size(self) -> int:
        """Guess how much there is to explore, by the rows of the tables: the largest is begun first."""
        subject = self.model.subject
        members = subject.members if isinstance(subject, System) else (subject,)
        return sum(len(member.rows) for member in members)


def targets(names: tuple[str, ...]) -> Iterator[Target]:
    """Give every model to check; without names all that is offered.

    A machine or a system without a model gets one that claims nothing; the members of a system, if they are not checked
    themselves, have their tables looked at. Raises what `catalogue.offered` does, or `CannotLoad`.
    """
    chosen = [_named(name) for name in names] if names else list(_offered())
    subjects = [target.model.subject for target in chosen]
    taken = {target.name for target in chosen}
    yield from chosen
    known = {id(target.model.subject): target for target in _offered()} if names else {}
    for subject in tuple(subjects):
        for member in subject.members if isinstance(subject, System) else ():
            if member not in subjects:
                subjects.append(member)
                name = f"{member.name} in {subject.name}" if member.name in taken else member.name
                yield evolve(known.get(id(member), Target(name, Model(member))), whole=False)


def model_at(source: str) -> Model:
    """Load the model that is there, or wrap a machine or a system in one that claims nothing; raises `CannotLoad`."""
    found = catalogue.Offer(source, source).load()
    if isinstance(found, Definition | System):
        return Model(found)
    if isinstance(found, Model):
        return found
    raise catalogue.CannotLoad(source, source, f"it is no Model, Machine or System, but {type(found).__name__}")


def _offered() -> Iterator[Target]:
    """Give every model that is offered, then every machine and system that has none of its own or of its name."""
    models = [Target(each.name, each.model(), each.value, each.value) for each in catalogue.offers(catalogue.MODELS)]
    yield from models
    subjects, names = [target.model.subject for target in models], {target.name for target in models}
    for each in catalogue.offers(catalogue.MACHINES, catalogue.SYSTEMS):
        subject = each.exhibit().subject
        if subject not in subjects and each.name not in names:
            yield Target(each.name, Model(subject), each.value)


def _named(name: str) -> Target:
    """Load what a name means: a model, or a machine or a system without one."""
    groups = (catalogue.MODELS, catalogue.MACHINES, catalogue.SYSTEMS)
    offer = catalogue.offered(name, *groups, sought="model, machine or system")
    model = model_at(offer.value)
    home = "" if isinstance(offer.load(), Definition | System) else offer.value
    return Target(offer.name if offer.group else model.name, model, offer.value, home)
