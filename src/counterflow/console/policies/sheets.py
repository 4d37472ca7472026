"""The sheet on which one cell is written, by the type of its fact; and what was written, as the cell's text.

Who knows the engine's language may write any expression; for everybody else there are boxes to tick and numbers
from and to. What was ticked becomes text that the same sheet reads back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from counterflow.console.policies.trying import text_of, value_of, whole
from counterflow.policies import cells
from counterflow.policies.cells import Anything, NoneOf, OneOf, Range, Value
from counterflow.policies.facts import Fact, Type
from counterflow.policies.tables import Table, shipped
from counterflow.policies.wording import is_money, is_rate, value_words

ANY, IS, NOT, RANGE, KNOWN, UNKNOWN, FREE = "any", "is", "not", "range", "known", "unknown", "free"
NULL: Final = "null"
CODES_OFFERED: Final = 60
EXPERT: Final = (FREE, "Expression, for experts")


@dataclass(frozen=True)
class Choice:
    """A value that can be ticked."""

    value: str
    words: str
    ticked: bool


@dataclass(frozen=True)
class CellSheet:
    """A cell being written: the way it is written now, what can be ticked, and what was typed."""

    mode: str
    modes: Sequence[tuple[str, str]]
    choices: Sequence[Choice]
    more: str
    least: str
    most: str
    free: str
    hint: str

    def typed(self, form: Mapping[str, Any]) -> "CellSheet":
        """The same sheet with what was typed on it."""
        ticked = set(form.get("value", ()))
        return replace(
            self,
            mode=str(form.get("mode", ANY)),
            choices=[replace(each, ticked=each.value in ticked) for each in self.choices],
            more=str(form.get("more", "")),
            least=str(form.get("least", "")),
            most=str(form.get("most", "")),
            free=str(form.get("free", "")),
        )


def cell_sheet(fact: Fact, text: str, known: Iterable[str]) -> CellSheet:
    """The sheet of a cell as it stands. `known` are codes that the column names anywhere."""
    mode, values, span = _read(fact, text)
    offered = _offered(fact, known)
    ticked = {_spelt(value) for value in values}
    return CellSheet(
        mode=mode,
        modes=_modes(fact),
        choices=[Choice(value, words, value in ticked) for value, words in offered],
        more=", ".join(sorted(ticked - {value for value, _ in offered})) if fact.type is Type.CODE else "",
        least=text_of(fact, span.least),
        most=text_of(fact, span.most),
        free=text,
        hint=_hint(fact),
    )


def composed(fact: Fact, mode: str, values: Sequence[str], typed: Mapping[str, str]) -> str:
    """The text of a cell from what was ticked and typed. Raises `ValueError` with a sentence."""
    if mode == ANY:
        return ""
    if mode == FREE:
        return typed.get("free", "").strip()
    if mode in (KNOWN, UNKNOWN):
        return "!= null" if mode == KNOWN else NULL
    if mode == RANGE:
        return _span(fact, typed.get("least", "").strip(), typed.get("most", "").strip())
    wanted = [*values, *(part.strip() for part in typed.get("more", "").split(","))]
    spelt = [_quoted(fact, value) for value in dict.fromkeys(wanted) if value]
    if not spelt:
        raise ValueError("Tick at least one value, or choose any value.")
    if mode == NOT:
        return "!= null" if spelt == [NULL] else f"not in [{', '.join(spelt)}]"
    return ", ".join(spelt)


def answer_of(part: Fact, text: str) -> Any:
    """A part of an answer from what was ticked or typed. Raises `ValueError` with a sentence."""
    value = value_of(part, text.strip())
    if value is None and not part.nullable:
        raise ValueError("Say what it is; it is always known.")
    return value


def codes_known(table: Table, column: str) -> set[str]:
    """The codes that a column names, here and in the shipped table of the kind."""
    found: set[str] = set()
    for each in (table, shipped(table.kind)):
        for row in each.rows:
            cell = cells.read(row.when.get(column, ""))
            if isinstance(cell, (OneOf, NoneOf)):
                found |= {value for value in cell.values if isinstance(value, str)}
    return found


def answers_known(table: Table, column: str) -> list[str]:
    """The codes that a part of the answer has in any row, for a list to pick from."""
    return sorted({str(row.then[column]) for row in table.rows if isinstance(row.then.get(column), str)})


def _modes(fact: Fact) -> list[tuple[str, str]]:
    if fact.type is Type.INTEGER:
        unknown = [(KNOWN, "Known, whatever it is"), (UNKNOWN, "Unknown")] if fact.nullable else []
        return [(ANY, "Any value"), (RANGE, "From and to"), *unknown, EXPERT]
    if fact.type is Type.FLAG:
        return [(ANY, "Any value"), (IS, "Is"), EXPERT]
    return [(ANY, "Any value"), (IS, "Is one of"), (NOT, "Is none of"), EXPERT]


def _read(fact: Fact, text: str) -> tuple[str, frozenset[Value], Range]:
    """How a cell is written: the way, its values, its span. What no way fits is an expression."""
    cell, nothing, open_span = cells.read(text), frozenset[Value](), Range(None, None)
    whole_numbers = fact.type is Type.INTEGER
    match cell:
        case Anything():
            return ANY, nothing, open_span
        case OneOf(values) if whole_numbers and values == {None}:
            return UNKNOWN, nothing, open_span
        case OneOf(values) if whole_numbers and len(values) == 1:
            (value,) = values
            return (RANGE, nothing, Range(value, value)) if isinstance(value, int) else (FREE, nothing, open_span)
        case NoneOf(values) if whole_numbers and values == {None}:
            return KNOWN, nothing, open_span
        case OneOf(values) if not whole_numbers and _of_type(fact, values):
            return IS, values, open_span
        case NoneOf(values) if not whole_numbers and fact.type is not Type.FLAG and _of_type(fact, values):
            return NOT, values, open_span
        case Range() if whole_numbers:
            return RANGE, nothing, cell
    return FREE, nothing, open_span


def _of_type(fact: Fact, values: Iterable[Value]) -> bool:
    """Whether boxes can show all of these values."""
    wanted = bool if fact.type is Type.FLAG else str
    return all(value is None or isinstance(value, wanted) for value in values)


def _offered(fact: Fact, known: Iterable[str]) -> list[tuple[str, str]]:
    unknown = [(NULL, "unknown")] if fact.nullable else []
    if fact.type is Type.FLAG:
        return [("true", "yes"), ("false", "no"), *unknown]
    if fact.type is Type.INTEGER:
        return []
    values = list(fact.choices) if fact.choices else sorted(known)[:CODES_OFFERED]
    return [*((value, value_words(fact, value)) for value in values), *unknown]


def _spelt(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return NULL if value is None else str(value)


def _quoted(fact: Fact, value: str) -> str:
    if value == NULL or fact.type is Type.FLAG:
        return value
    if "'" in value and '"' in value:
        raise ValueError(f"{value} holds both kinds of quotes; a code cannot.")
    return f'"{value}"' if "'" in value else f"'{value}'"


def _span(fact: Fact, least: str, most: str) -> str:
    low, high = (whole(fact, each) if each else None for each in (least, most))
    if low is None and high is None:
        raise ValueError("Say from, or to, or both; or choose any value.")
    if low is not None and high is not None:
        if low > high:
            raise ValueError(f"From {least} to {most} lets no number through.")
        return str(low) if low == high else f"[{low}..{high}]"
    return f">= {low}" if low is not None else f"<= {high}"


def _hint(fact: Fact) -> str:
    if is_money(fact):
        return "Amounts with two decimals, such as 1,250.00, in whatever currency the case has. Both are included."
    if is_rate(fact):
        return "In percent, such as 15. Both are included."
    if fact.name == "sold_mmdd":
        return "Month and day as one number: 1101 is 1 November. Both are included."
    if fact.type is Type.INTEGER:
        return "Whole numbers; both are included, and an empty one is open."
    return ""
