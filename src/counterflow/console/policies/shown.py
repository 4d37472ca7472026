"""A table as its readers see it: conditions as words, the answer as chips, what is wrong beside the row."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.access.roles import ROLES
from counterflow.policies.checking import Checked
from counterflow.policies.comparing import AGENT, CUSTOMER, CellChange, Comparison, RowChange
from counterflow.policies.coverage import Note
from counterflow.policies.explaining import Failed, Trial
from counterflow.policies.facts import ANSWER, FACTS, Fact
from counterflow.policies.tables import Row, Table
from counterflow.policies.wording import ANY, cell_words, label, value_words

CODE = "code"
"""The part of every answer that only programs read."""
SENTENCES = {AGENT: "Says to staff", CUSTOMER: "Says to the customer"}


@dataclass(frozen=True)
class Pair:
    """A column in words and what stands in it; `note` is what it was before, or why it is wrong."""

    name: str
    words: str
    note: str = ""


@dataclass(frozen=True)
class ShownRow:
    """A row of a table in words; `code` is what programs read of its answer."""

    number: int
    id: str
    conditions: Sequence[Pair]
    answer: Sequence[Pair]
    code: str
    agent: str
    customer: str
    problems: Sequence[str] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class ShownChange:
    """What became of a row, in words."""

    id: str
    what: str
    words: str
    lines: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class ShownWhy:
    """A row at tried facts: whether it answers, and what did not hold."""

    number: int
    id: str
    fires: bool
    words: str
    failed: Sequence[Pair]
    points: int | None


def shown_rows(table: Table, checked: Checked) -> list[ShownRow]:
    """Every row in words, with its problems and notes."""
    facts, parts = _by_name(FACTS[table.kind]), _by_name(ANSWER[table.kind])
    return [
        ShownRow(
            number,
            row.id,
            [Pair(label(facts[n]), cell_words(facts[n], row.when[n])) for n in _asked(table, row) if n in facts],
            [
                Pair(label(parts[n]), value_words(parts[n], row.then.get(n)))
                for n in table.outputs
                if n in parts and n != CODE
            ],
            str(row.then.get(CODE, "")),
            row.agent,
            row.customer,
            [_placed(facts, each.column, each.reason) for each in checked.problems if each.row == row.id],
            [_placed(facts, "", each.words) for each in checked.notes if each.row == row.id],
        )
        for number, row in enumerate(table.rows, 1)
    ]


def table_problems(checked: Checked) -> list[str]:
    """What is wrong with the table as a whole."""
    return [
        f"{each.column}: {each.reason}" if each.column else each.reason for each in checked.problems if not each.row
    ]


def columns_in_words(table: Table) -> list[Pair]:
    """What the columns mean: facts asked about, then parts of the answer."""
    facts, parts = _by_name(FACTS[table.kind]), _by_name(ANSWER[table.kind])
    asked = [Pair(label(facts[name]), facts[name].meaning, name) for name in table.inputs if name in facts]
    return asked + [Pair(label(parts[name]), parts[name].meaning, name) for name in table.outputs if name in parts]


def notes_of(notes: Sequence[Note]) -> list[Pair]:
    """Overlaps and gaps, each with its row."""
    return [Pair(note.row, note.words) for note in notes]


def shown_changes(kind: str, found: Comparison) -> list[ShownChange]:
    """What changed, row by row, in words."""
    return [_shown_change(kind, change) for change in found.changed]


def _shown_change(kind: str, change: RowChange) -> ShownChange:
    words = {
        "added": f"New, at place {change.place_after}",
        "removed": f"Removed, stood at place {change.place_before}",
        "changed": "Changed",
        "moved": "Moved",
    }[change.what]
    if change.moved:
        words += f", from place {change.place_before} to {change.place_after}"
    lines = [_line(kind, cell) for cell in change.cells]
    if change.what == "added":
        lines = [(name, "", after) for name, _, after in lines]
    elif change.what == "removed":
        lines = [(name, before, "") for name, before, _ in lines]
    return ShownChange(change.row, change.what, words, lines)


def _line(kind: str, cell: CellChange) -> tuple[str, str, str]:
    if cell.part in SENTENCES:
        return SENTENCES[cell.part], cell.before or "", cell.after or ""
    if cell.part == "when":
        fact = _by_name(FACTS[kind]).get(cell.column)
        name = label(fact) if fact else cell.column
        before, after = (
            (cell_words(fact, each or "") if fact else str(each or "")) for each in (cell.before, cell.after)
        )
        return f"When: {name}", before or ANY, after or ANY
    part = _by_name(ANSWER[kind]).get(cell.column)
    if part is None:
        return f"Then: {cell.column}", str(cell.before), str(cell.after)
    return f"Then: {label(part)}", value_words(part, cell.before), value_words(part, cell.after)


def shown_trial(table: Table, trial: Trial) -> list[ShownWhy]:
    """Every row at tried facts, with what did not hold in words."""
    facts = _by_name(FACTS[table.kind])
    told = []
    for number, (why, row) in enumerate(zip(trial.rows, table.rows, strict=True), 1):
        words = "Answers" if why.fires else "Would fit, but a row above answers" if why.fits else "Does not fit"
        points = row.then.get("points") if "points" in table.outputs else None
        failed = [_failed(facts, each) for each in why.failed]
        told.append(ShownWhy(number, why.row, why.fires, words, failed, points if why.fires else None))
    return told


def _failed(facts: Mapping[str, Fact], failed: Failed) -> Pair:
    fact = facts.get(failed.column)
    if fact is None:
        return Pair(failed.column, failed.cell, str(failed.value))
    return Pair(label(fact), cell_words(fact, failed.cell), value_words(fact, failed.value))


def outcome_pairs(kind: str, outcome: Mapping[str, Any]) -> list[Pair]:
    """An answer as pairs of a name and words."""
    parts = _by_name(ANSWER[kind])
    return [
        Pair(label(parts[name]), value_words(parts[name], value)) for name, value in outcome.items() if name in parts
    ]


def scope_words(scope: Mapping[str, Sequence[str]]) -> str:
    """For whom a version is, in words."""
    if not scope:
        return "everybody"
    return "; ".join(f"{name.replace('_', ' ')} {', '.join(codes)}" for name, codes in scope.items())


def role_words(code: str) -> str:
    """The name of a role."""
    return ROLES[code].name if code in ROLES else code


def _asked(table: Table, row: Row) -> Iterator[str]:
    """The columns of a row in which something stands, in the order of the table."""
    return (name for name in table.inputs if row.when.get(name, "").strip())


def _by_name(facts: Sequence[Fact]) -> Mapping[str, Fact]:
    return {fact.name: fact for fact in facts}


def _placed(facts: Mapping[str, Fact], column: str, words: str) -> str:
    name = label(facts[column]) if column in facts else column
    return f"{name}: {words}" if name else words[:1].upper() + words[1:]
