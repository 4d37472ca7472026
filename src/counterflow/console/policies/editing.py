"""The steps of an editor: each takes a wording and gives the next one, and says where the hand should be then."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

from counterflow.console.policies.wordings import Wording
from counterflow.kernel.errors import Invalid
from counterflow.policies.examples import EXAMPLES_MAX, NAME_MAX, read_examples
from counterflow.policies.facts import ADDED_UP, ANSWER, FACTS
from counterflow.policies.rules import ROWS_MAX
from counterflow.policies.tables import Row, Table


class StepRefused(Invalid):
    """This cannot be done here: {reason}."""


@dataclass(frozen=True)
class Stepped:
    """A wording after a step, and the id of what should have the focus."""

    wording: Wording
    focus: str


def has_default(table: Table) -> bool:
    """Whether the last row is the one that answers the rest, and so stays where it is."""
    return table.kind not in ADDED_UP


def row_id(number: int) -> str:
    """The id of a row's own button on the page."""
    return f"says-{number}"


def cell_id(number: int, column: str) -> str:
    """The id of a cell's button on the page."""
    return f"cell-{number}-{column}"


def set_cell(wording: Wording, number: int, column: str, text: str) -> Stepped:
    """Put a condition into a cell; an empty one lets everything through."""
    row = _row(wording.table, number)
    if column not in wording.table.inputs:
        raise StepRefused(reason=f"there is no column {column[:60]}")
    when = {name: cell for name, cell in row.when.items() if name != column}
    if text.strip():
        when[column] = text.strip()
    return Stepped(_with_row(wording, number, replace(row, when=MappingProxyType(when))), cell_id(number, column))


def set_answer(wording: Wording, number: int, column: str, value: Any) -> Stepped:
    """Put a value into a part of the answer."""
    row = _row(wording.table, number)
    then = MappingProxyType({**row.then, column: value})
    return Stepped(_with_row(wording, number, replace(row, then=then)), cell_id(number, column))


def set_says(wording: Wording, number: int, name: str, agent: str, customer: str) -> Stepped:
    """Call a row otherwise, and let it say something else."""
    row = replace(_row(wording.table, number), id=name.strip(), agent=agent.strip(), customer=customer.strip())
    return Stepped(_with_row(wording, number, row), row_id(number))


def set_head(wording: Wording, name: str, owner_role: str, scope: Mapping[str, Sequence[str]]) -> Stepped:
    """Name the table, say who owns it and for whom it is."""
    table = replace(wording.table, name=name.strip())
    return Stepped(replace(wording, table=table, owner_role=owner_role, scope=dict(scope)), "head")


def add_row(wording: Wording, place: str) -> Stepped:
    """A row after another, or before the last where none is named; it answers as the last does until it is told."""
    table = wording.table
    if len(table.rows) >= ROWS_MAX:
        raise StepRefused(reason=f"a table has at most {ROWS_MAX} rows")
    last = len(table.rows) - 1 if has_default(table) else len(table.rows)
    at = min(_number(place, len(table.rows)) + 1, last) if place else last
    then = dict(table.rows[-1].then) if table.rows else {part.name: None for part in ANSWER[table.kind]}
    row = Row(_free_id(table, "row"), MappingProxyType({}), MappingProxyType(then), "", "")
    return Stepped(_with_rows(wording, [*table.rows[:at], row, *table.rows[at:]]), row_id(at))


def copy_row(wording: Wording, place: str) -> Stepped:
    """The same row once more, below; the copy of the last stands above it."""
    table, number = wording.table, _number(place, len(wording.table.rows))
    row = table.rows[number]
    copy = replace(row, id=_free_id(table, row.id))
    at = number if _is_default(table, number) else number + 1
    return Stepped(_with_rows(wording, [*table.rows[:at], copy, *table.rows[at:]]), row_id(at))


def delete_row(wording: Wording, place: str) -> Stepped:
    """Without a row; the last, which answers the rest, stays."""
    table, number = wording.table, _number(place, len(wording.table.rows))
    if _is_default(table, number):
        raise StepRefused(reason="the last row answers everything else and stays")
    rows = [*table.rows[:number], *table.rows[number + 1 :]]
    return Stepped(_with_rows(wording, rows), row_id(min(number, len(rows) - 1)))


def move_row(wording: Wording, places: str) -> Stepped:
    """A row to another place, given as `from:to`; nothing passes the last."""
    table = wording.table
    start, _, end = places.partition(":")
    number, to = _number(start, len(table.rows)), _number(end, len(table.rows))
    if _is_default(table, number):
        raise StepRefused(reason="the last row answers everything else and stays")
    to = min(to, len(table.rows) - (2 if has_default(table) else 1))
    rows = list(table.rows)
    rows.insert(to, rows.pop(number))
    return Stepped(_with_rows(wording, rows), row_id(to))


def add_column(wording: Wording, name: str) -> Stepped:
    """A column for one more fact."""
    if name not in {fact.name for fact in FACTS[wording.table.kind]} or name in wording.table.inputs:
        raise StepRefused(reason=f"{name[:60] or 'nothing'} is no fact that is not asked about yet")
    table = replace(wording.table, inputs=(*wording.table.inputs, name))
    return Stepped(replace(wording, table=table), cell_id(0, name))


def remove_column(wording: Wording, name: str) -> Stepped:
    """Without a column, and without what stood in it."""
    inputs = tuple(each for each in wording.table.inputs if each != name)
    rows = [
        replace(row, when=MappingProxyType({n: c for n, c in row.when.items() if n != name}))
        for row in wording.table.rows
    ]
    return Stepped(replace(wording, table=replace(wording.table, inputs=inputs, rows=tuple(rows))), "column")


def keep_example(wording: Wording, name: str, facts: Mapping[str, Any], then: Mapping[str, Any]) -> Stepped:
    """One more example: these facts have to come out so."""
    if len(wording.examples) >= EXAMPLES_MAX:
        raise StepRefused(reason=f"a policy has at most {EXAMPLES_MAX} examples")
    known = {key: value for key, value in facts.items() if value is not None}
    made = {"name": name.strip()[:NAME_MAX], "facts": known, "then": dict(then)}
    read_examples(wording.table.kind, [made])
    return Stepped(replace(wording, examples=(*wording.examples, made)), "try-keep")


def delete_example(wording: Wording, place: str) -> Stepped:
    """Without an example."""
    number = _number(place, len(wording.examples))
    kept = tuple(each for at, each in enumerate(wording.examples) if at != number)
    return Stepped(replace(wording, examples=kept), "try-ask")


STEPS: Final[Mapping[str, Callable[[Wording, str], Stepped]]] = {
    "row-add": add_row,
    "row-copy": copy_row,
    "row-delete": delete_row,
    "row-move": move_row,
    "column-add": add_column,
    "column-remove": remove_column,
    "example-delete": delete_example,
}
"""Steps that need nothing but a place or a name."""


def _number(text: str, count: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) < count):
        raise StepRefused(reason="there is no such row any more")
    return int(text)


def row_number(table: Table, text: str) -> int:
    """The place of a row as a page names it, from 0. Raises `StepRefused`."""
    return _number(text, len(table.rows))


def _row(table: Table, number: int) -> Row:
    return table.rows[_number(str(number), len(table.rows))]


def _is_default(table: Table, number: int) -> bool:
    return has_default(table) and number == len(table.rows) - 1


def _free_id(table: Table, wanted: str) -> str:
    taken = {row.id for row in table.rows}
    stem = wanted[:56]
    return next(name for number in range(2, ROWS_MAX + 3) if (name := f"{stem}-{number}") not in taken)


def _with_row(wording: Wording, number: int, row: Row) -> Wording:
    rows = list(wording.table.rows)
    rows[number] = row
    return _with_rows(wording, rows)


def _with_rows(wording: Wording, rows: Sequence[Row]) -> Wording:
    return replace(wording, table=replace(wording.table, rows=tuple(rows)))
