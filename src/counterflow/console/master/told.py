"""Changes as people read them: what was done by one command is one moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from counterflow.console.master.register import TOLD
from counterflow.console.stories import who_words
from counterflow.kernel.found import id_of
from counterflow.registry.queries import ChangeRow

SOURCES = {"console": "on a screen", "api": "by a program", "cli": "by the command line", "worker": "by the worker"}


@dataclass(frozen=True)
class Difference:
    """A field, from what, to what; `kept` says whether that is known."""

    label: str
    old: str
    new: str
    kept: bool


@dataclass
class Told:
    """What one command did to one record."""

    at: datetime
    by: str
    how: str
    intake: int | None
    made: bool = False
    differences: list[Difference] = field(default_factory=list)


def told_of(changes: Iterable[ChangeRow], names: Mapping[str, str]) -> list[Told]:
    """Changes of one record, the newest first, gathered by command."""
    found: dict[int, Told] = {}
    for change in changes:
        told = found.get(change.command_id)
        if told is None:
            told = Told(change.at, who_words(change.by, names), how(change), intake_of(change))
            found[change.command_id] = told
        if not change.field:
            told.made = True
            continue
        told.differences.insert(0, Difference(label_of(change), change.old, change.new, change.kept))
    return list(found.values())


def label_of(change: ChangeRow) -> str:
    """What a field is called on screens."""
    kind = TOLD.get(change.kind)
    f = kind.by_name.get(change.field) if kind else None
    return f.label if f else change.field.replace("_", " ").capitalize()


def intake_of(change: ChangeRow) -> int | None:
    """The file that a change came with, where it came with one."""
    head, _, number = change.source.partition(":")
    return id_of(number) if head == "file" else None


def how(change: ChangeRow) -> str:
    """By which way a change came."""
    return "with a file" if intake_of(change) else SOURCES.get(change.source, change.source)
