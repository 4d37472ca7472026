"""The grid of the editor: a button a cell with its words, what is wrong beside it, and the row that facts fire."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from counterflow.console.policies.editing import cell_id, has_default, row_id
from counterflow.console.policies.shown import scope_words, table_problems
from counterflow.console.policies.wordings import Wording
from counterflow.policies.checking import Checked, check
from counterflow.policies.explaining import Trial
from counterflow.policies.facts import ADDED_UP, ANSWER, FACTS, Fact
from counterflow.policies.tables import Row
from counterflow.policies.wording import cell_words, label, value_words

WRONG_SHOWN: Final = 12
"""How many problems are listed above the grid; all are shown at their cells."""


@dataclass(frozen=True)
class GridColumn:
    """A column: a fact asked about, or a part of the answer."""

    name: str
    label: str
    meaning: str
    asked: bool


@dataclass(frozen=True)
class GridCell:
    """A cell: the id of its button, its words, and what is wrong with it. `fixed` cells cannot be written."""

    id: str
    column: GridColumn
    words: str
    problems: Sequence[str]
    fixed: bool = False


@dataclass(frozen=True)
class GridRow:
    """A row; `number` counts from 0, `place` from 1. The default row answers the rest and stays the last."""

    number: int
    id: str
    button: str
    asked: Sequence[GridCell]
    answered: Sequence[GridCell]
    agent: str
    customer: str
    problems: Sequence[str]
    notes: Sequence[str]
    default: bool
    fired: bool
    first: bool
    last: bool

    @property
    def place(self) -> int:
        """Its place as people count."""
        return self.number + 1

    @property
    def above(self) -> int:
        """The place above it."""
        return self.number - 1


def work(wording: Wording, trial: Trial | None, saved: str) -> dict[str, Any]:
    """Everything that is drawn anew after each step."""
    table, checked = wording.table, check(wording.table, wording.read_examples())
    facts, parts = _by_name(FACTS[table.kind]), _by_name(ANSWER[table.kind])
    asked = [_column(facts.get(name), name, asked=True) for name in table.inputs]
    answered = [_column(parts.get(name), name, asked=False) for name in table.outputs]
    text = wording.text()
    grid = [_row(wording, number, asked, answered, checked, trial) for number in range(len(table.rows))]
    return {
        "wording": text,
        "unsaved": text != saved,
        "name": table.name,
        "scope": scope_words(wording.scope),
        "asked": asked,
        "answered": answered,
        "grid": grid,
        "wrong_cells": list(_wrong_cells(grid))[:WRONG_SHOWN],
        "addable": [fact for fact in FACTS[table.kind] if fact.name not in table.inputs],
        "labels": {fact.name: label(fact) for fact in FACTS[table.kind]},
        "table_problems": table_problems(checked),
        "checked": checked,
        "examples": checked.examples or [],
        "examples_untried": wording.read_examples() if checked.problems else [],
        "adds_up": table.kind in ADDED_UP,
    }


def _wrong_cells(grid: Sequence[GridRow]) -> Iterator[tuple[str, str, str]]:
    """What is wrong with rows and cells: where in words, the id of its button, and why."""
    for row in grid:
        for words in row.problems:
            yield f"Row {row.place}, {row.id}", row.button, words
        for cell in (*row.asked, *row.answered):
            for words in cell.problems:
                yield f"Row {row.place}, {row.id}, {cell.column.label}", cell.id, words


def _row(
    wording: Wording,
    number: int,
    asked: Sequence[GridColumn],
    answered: Sequence[GridColumn],
    checked: Checked,
    trial: Trial | None,
) -> GridRow:
    table = wording.table
    row, count = table.rows[number], len(table.rows)
    default = has_default(table) and number == count - 1
    wrong = [each for each in checked.problems if each.row == row.id]
    columns = {column.name for column in (*asked, *answered)}
    return GridRow(
        number=number,
        id=row.id,
        button=row_id(number),
        asked=[
            GridCell(
                cell_id(number, column.name),
                column,
                _condition(table.kind, row, column.name),
                [each.reason for each in wrong if each.column == column.name],
                fixed=default and not row.when.get(column.name, "").strip(),
            )
            for column in asked
        ],
        answered=[
            GridCell(
                cell_id(number, column.name),
                column,
                _value(table.kind, row, column.name),
                [each.reason for each in wrong if each.column == column.name],
            )
            for column in answered
        ],
        agent=row.agent,
        customer=row.customer,
        problems=[each.reason for each in wrong if each.column not in columns],
        notes=[note.words for note in checked.notes if note.row == row.id],
        default=default,
        fired=trial is not None and row.id in trial.fired,
        first=number == 0,
        last=number == count - (2 if has_default(table) else 1),
    )


def _column(fact: Fact | None, name: str, *, asked: bool) -> GridColumn:
    if fact is None:
        return GridColumn(name, name, "", asked)
    return GridColumn(name, label(fact), fact.meaning, asked)


def _condition(kind: str, row: Row, name: str) -> str:
    fact = _by_name(FACTS[kind]).get(name)
    text = row.when.get(name, "")
    return cell_words(fact, text) if fact else text


def _value(kind: str, row: Row, name: str) -> str:
    part = _by_name(ANSWER[kind]).get(name)
    value = row.then.get(name)
    return value_words(part, value) if part else str(value)


def _by_name(facts: Sequence[Fact]) -> Mapping[str, Fact]:
    return {fact.name: fact for fact in facts}
