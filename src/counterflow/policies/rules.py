"""What makes a decision table fit to be used, checked before it is saved.

The engine is forgiving where a policy must not be: a cell it cannot parse, a name it does not know and
a value of another type all count as "no match", and the next row answers. So each is found here, and
so are rows that can never fire. A problem names its row and column.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import zen

from counterflow.kernel.errors import Invalid
from counterflow.policies import cells
from counterflow.policies.cells import Cell, NoneOf, OneOf, Other, Range
from counterflow.policies.coverage import unreachable
from counterflow.policies.facts import ADDED_UP, ANSWER, FACTS, Fact, Type
from counterflow.policies.fairness import SCORE, refusals_by_score
from counterflow.policies.tables import Row, Table

ROWS_MAX = 1_000
CELL_MAX = 2_000
TEXT_MAX = 1_000
NODES_ALLOWED = frozenset({"inputNode", "decisionTableNode", "outputNode"})
_WORDS = frozenset({"and", "or", "not", "in", "true", "false", "null"})
_FUNCTIONS = frozenset(
    {"abs", "min", "max", "len", "upper", "lower", "trim", "startsWith", "endsWith", "contains", "matches"}
)
_SAMPLES: Mapping[Type, Any] = {Type.CODE: "sample", Type.INTEGER: 7, Type.FLAG: True}


class TableRefused(Invalid):
    """The table {name} cannot be used; problems: {count}. The first is in row {row}, column {column}: {reason}"""


class NodeRefused(Invalid):
    """A policy may hold {allowed} and no {type}; node {node} is one."""


@dataclass(frozen=True)
class Problem:
    """What is wrong, and in which row and column; empty where the whole table or row is meant."""

    row: str
    column: str
    reason: str


def require_fit(table: Table) -> None:
    """Raise `TableRefused` with every problem of a table in its facts, if there is any."""
    if found := problems(table):
        first = found[0]
        raise TableRefused(
            name=table.name or table.kind,
            count=len(found),
            row=first.row or "-",
            column=first.column or "-",
            reason=first.reason,
            problems=[{"row": p.row, "column": p.column, "reason": p.reason} for p in found],
        )


def problems(table: Table) -> list[Problem]:
    """Everything that keeps a table from being used; reachability only once all cells are sound."""
    if found := faults(table):
        return found
    by_score = [Problem(row, SCORE, reason) for row, reason in refusals_by_score(table)]
    return by_score or ([] if table.kind in ADDED_UP else list(_never_fired(table)))


def faults(table: Table) -> list[Problem]:
    """What is wrong in the columns, rows and cells of a table, each looked at by itself."""
    if table.kind not in FACTS:
        return [Problem("", "", f"there is no kind of policy called {table.kind}.")]
    found = [*_of_columns(table), *_of_rows(table)]
    for row in table.rows:
        found += [*_of_conditions(table, row), *_of_answer(table, row)]
    return found


def refuse_nodes(graph: Mapping[str, Any]) -> None:
    """Raise `NodeRefused` for a JSON Decision Model graph holding more than a table.

    Function nodes run JavaScript with a network client; custom and decision nodes reach outside too.
    """
    for node in graph.get("nodes", ()):
        if node.get("type") not in NODES_ALLOWED:
            raise NodeRefused(type=node.get("type"), node=node.get("id"), allowed=", ".join(sorted(NODES_ALLOWED)))


def _of_columns(table: Table) -> Iterator[Problem]:
    known = {fact.name for fact in FACTS[table.kind]}
    for name in table.inputs:
        if name not in known:
            yield Problem("", name, f"{name} is not a fact of {table.kind}; known are {', '.join(sorted(known))}.")
    wanted = [fact.name for fact in ANSWER[table.kind]]
    if sorted(table.outputs) != sorted(wanted):
        yield Problem("", "", f"the answer of {table.kind} has the columns {', '.join(wanted)}.")
    for name, count in Counter((*table.inputs, *table.outputs)).items():
        if count > 1:
            yield Problem("", name, f"the column {name} stands there {count} times.")


def _of_rows(table: Table) -> Iterator[Problem]:
    if not 1 <= len(table.rows) <= ROWS_MAX:
        yield Problem("", "", f"a table has 1 to {ROWS_MAX} rows, this one {len(table.rows)}.")
        return
    for identity, count in Counter(row.id for row in table.rows).items():
        if count > 1:
            yield Problem(identity, "", f"{count} rows are called {identity}.")
    for row in table.rows:
        if not row.id or row.id.strip() != row.id or len(row.id) > 64:
            yield Problem(row.id, "", "a row id is 1 to 64 characters without spaces around it.")
        if not all(text.strip() and len(text) <= TEXT_MAX for text in (row.agent, row.customer)):
            reason = f"a row explains itself to the agent and to the customer, in at most {TEXT_MAX} characters."
            yield Problem(row.id, "", reason)
    last = table.rows[-1]
    if table.kind not in ADDED_UP and any(cell.strip() for cell in last.when.values()):
        yield Problem(last.id, "", "the last row is the default and has no conditions.")


def _of_conditions(table: Table, row: Row) -> Iterator[Problem]:
    facts = {fact.name: fact for fact in FACTS[table.kind]}
    for name, text in row.when.items():
        if name not in table.inputs:
            yield Problem(row.id, name, f"{name} is not a column of this table.")
        elif name in facts and (reason := _cell_fault(facts[name], text, facts)):
            yield Problem(row.id, name, reason)


def _cell_fault(fact: Fact, text: str, facts: Mapping[str, Fact]) -> str | None:
    """Why a cell cannot stand in the column of a fact, or None."""
    if not text.strip():
        return None
    if len(text) > CELL_MAX:
        return f"a cell has at most {CELL_MAX} characters, this one {len(text)}."
    try:
        # The wheel's own validate_unary_expression parses by the other grammar and refuses "> 5".
        zen.compile_unary_expression(text)
    except RuntimeError as error:
        return f"{text!r} cannot be read: {_first_line(error)}"
    cell = cells.read(text)
    if isinstance(cell, Other):
        return _expression_fault(fact, text, facts)
    return _type_fault(fact, cell, text)


def _expression_fault(fact: Fact, text: str, facts: Mapping[str, Fact]) -> str | None:
    if unknown := sorted(cells.names(text) - set(facts) - _WORDS - _FUNCTIONS):
        return f"{text!r} uses {unknown[0]}, which is no fact; a code is written in quotes, like 'vip'."
    sample = {name: _sample(known) for name, known in facts.items()}
    try:
        zen.evaluate_unary_expression(text, {**sample, "$": _sample(fact)})
    except RuntimeError as error:
        return f"{text!r} does not work on {fact.name}, which is {_described(fact)}: {_first_line(error)}"
    return None


def _type_fault(fact: Fact, cell: Cell, text: str) -> str | None:
    if isinstance(cell, Range):
        if fact.type is not Type.INTEGER:
            return f"{text!r} compares numbers, and {fact.name} is {_described(fact)}."
        if cell.least is not None and cell.most is not None and cell.least > cell.most:
            return f"{text!r} lets no number through."
    if isinstance(cell, (OneOf, NoneOf)):
        for value in cell.values:
            if reason := value_fault(fact, value):
                return reason
    return None


def value_fault(fact: Fact, value: Any) -> str | None:
    """Why a value cannot be one of a fact's, or None."""
    if value is None:
        return None if fact.nullable else f"{fact.name} is always known, so null never occurs."
    right = {
        Type.CODE: isinstance(value, str),
        Type.CHOICE: isinstance(value, str) and value in fact.choices,
        Type.INTEGER: isinstance(value, int) and not isinstance(value, bool),
        Type.FLAG: isinstance(value, bool),
    }[fact.type]
    if not right:
        return f"{value!r} cannot be {fact.name}, which is {_described(fact)}."
    if fact.type is Type.CODE and not fact.matches(value):
        return f"{value!r} is not written like {fact.name}, which looks like {fact.pattern}."
    if fact.type is Type.INTEGER and not fact.least <= value <= fact.most:
        return f"{value} is outside of {fact.least} to {fact.most}, the limits of {fact.name}."
    return None


def _of_answer(table: Table, row: Row) -> Iterator[Problem]:
    parts = {fact.name: fact for fact in ANSWER[table.kind]}
    for name in sorted(set(parts) ^ set(row.then)):
        reason = f"the answer lacks {name}." if name in parts else f"{name} is no part of the answer."
        yield Problem(row.id, name, reason)
    for name, value in row.then.items():
        if name in parts and (fault := value_fault(parts[name], value)):
            yield Problem(row.id, name, fault)


def _never_fired(table: Table) -> Iterator[Problem]:
    """Rows that the rows above them answer for in every case."""
    for row, above in unreachable(table):
        alone = len(above) == 1
        who = f"row {above[0]} stands above it" if alone else f"rows {', '.join(above[:4])} stand above it together"
        yield Problem(row, "", f"{who} and always answer{'s' if alone else ''} first.")


def _sample(fact: Fact) -> Any:
    return fact.choices[0] if fact.type is Type.CHOICE else _SAMPLES[fact.type]


def _described(fact: Fact) -> str:
    if fact.type is Type.CHOICE:
        return f"one of {', '.join(fact.choices)}"
    return {Type.CODE: "a code", Type.INTEGER: "a whole number", Type.FLAG: "true or false"}[fact.type]


def _first_line(error: Exception) -> str:
    """The engine's message; below its first line a stack trace may follow, which is nobody's business."""
    line = str(error).splitlines()[0]
    try:
        told = orjson.loads(line)
    except orjson.JSONDecodeError:
        return line
    return str(told.get("source", line)) if isinstance(told, dict) else line
