"""The envelope: what stands before a saved snapshot, and how one of an earlier version is brought up to date."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from statekit.codec.strict import Misfit, members, placed, plain, text, whole

FORMAT: Final = 1
"""The version of the layout itself, which stands under `statekit`."""

Migration: TypeAlias = Callable[[dict[str, object]], dict[str, object]]
"""A pure function of what one version saved; it gives what the next version would have saved.

It gets a copy of the whole saved object and may change it; the member `version` is raised for it.
"""


def sealed(kind: str, name: str, version: int, digest: str, body: Mapping[str, object]) -> dict[str, object]:
    """Put a saved machine or system (the `kind`) into its envelope."""
    return {"statekit": FORMAT, kind: name, "version": version, "table": digest, **body}


def opened(found: Mapping[str, object], kind: str, name: str) -> tuple[dict[str, object], str]:
    """Give what is in an envelope, and the table's digest; raises `Misfit` unless it is of this name."""
    body = {key: value for key, value in found.items() if key not in {"statekit", kind, "version", "table"}}
    if found.get(kind) != name:
        raise Misfit(f".{kind}", f"must be {name}")
    return body, placed(".table", text)(found.get("table"))


def current(saved: object, version: int, migrations: Mapping[int, Migration]) -> dict[str, object]:
    """Give a copy of what was saved, as `version` would have saved it; raises `Misfit`.

    `migrations` go by the version that they start from.
    """
    found = members(plain(saved))
    if found.get("statekit") != FORMAT or type(found["statekit"]) is not int:
        raise Misfit(".statekit", f"must be {FORMAT}, the layout that this codec reads")
    at = placed(".version", whole)(found.get("version"))
    if at > version:
        raise Misfit(".version", f"must be {version} at most: it was saved by a later version")
    while at < version:
        if at not in migrations:
            raise Misfit(".version", f"is {at}, and nothing leads on from there: give a migration for {at}")
        found = _migrated(found, at, migrations[at])
        at += 1
        found["version"] = at
    return found


def _migrated(found: dict[str, object], at: int, migration: Migration) -> dict[str, object]:
    try:
        after: object = migration(found)
        return members(plain(after))
    except Misfit as misfit:
        path, problem = misfit.path, f"{misfit.problem}; so the migration from {at} left it"
    except Exception as error:  # noqa: BLE001 - it met something that its version never saved
        path, problem = "", f"does not fit its version: the migration from {at} raised {type(error).__name__}: {error}"
    raise Misfit(path, problem)
