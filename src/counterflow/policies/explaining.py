"""Why a row fires, and why the rows above it do not: every condition of a table looked at by itself.

The engine itself says which conditions hold: each cell becomes a rule of its own in one table that collects.
So an explanation cannot read a cell otherwise than the decision did.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import zen

from counterflow.policies.engine import FactsRefused, graph_of
from counterflow.policies.examples import SCORE_MAX
from counterflow.policies.facts import ADDED_UP, FACTS, asked, completed
from counterflow.policies.rules import value_fault
from counterflow.policies.tables import Row, Table

_KEY = "conditions"
_PLACE = "place"


@dataclass(frozen=True)
class Failed:
    """A condition that did not hold: the column, the cell as it is written, and the value that did not pass."""

    column: str
    cell: str
    value: Any


@dataclass(frozen=True)
class RowWhy:
    """A row of the table at these facts: whether all its conditions hold, whether it answers, and which failed."""

    row: str
    fits: bool
    fires: bool
    failed: Sequence[Failed]


@dataclass(frozen=True)
class Trial:
    """What a table says to facts, and why. `facts` are those the table saw, the derived ones included.

    `fired` names the row that answers, or in a table that adds up the rows that count; `outcome` is the answer,
    or the points and the last code; it is empty where no row fits. `text` is for staff.
    """

    kind: str
    facts: Mapping[str, Any]
    fired: Sequence[str]
    outcome: Mapping[str, Any]
    text: str
    customer_text: str
    rows: Sequence[RowWhy]


def try_facts(table: Table, facts: Mapping[str, Any]) -> Trial:
    """Ask a table, sound or not, about one record of facts. Raises `FactsRefused` where they are no facts of it."""
    if wrong := fact_faults(table.kind, facts):
        reason = "; ".join(wrong.values())
        raise FactsRefused(kind=table.kind, position=0, reason=reason.rstrip("."), facts=wrong)
    (record,) = completed(table.kind, [facts])
    rows = explain(table, record)
    by_id = {row.id: row for row in table.rows}
    fired = [by_id[why.row] for why in rows if why.fires]
    last = fired[-1] if fired else None
    return Trial(
        kind=table.kind,
        facts=record,
        fired=[row.id for row in fired],
        outcome=_outcome(table, fired),
        text=last.agent if last else "",
        customer_text=last.customer if last else "",
        rows=rows,
    )


def explain(table: Table, record: Mapping[str, Any]) -> list[RowWhy]:
    """Every row at completed facts, in the order of the table."""
    held = _held(table, record)
    told: list[RowWhy] = []
    answered = False
    for place, row in enumerate(table.rows):
        failed = tuple(
            Failed(name, cell, record.get(name))
            for column, name, cell in _conditions(table, row)
            if (place, column) not in held
        )
        fires = not failed and (table.kind in ADDED_UP or not answered)
        answered = answered or fires
        told.append(RowWhy(row.id, not failed, fires, failed))
    return told


def fact_faults(kind: str, facts: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with a record of facts, by fact; empty where nothing is."""
    known = {fact.name for fact in FACTS[kind]}
    found = {name: f"{name} is no fact of {kind}." for name in facts if name not in known}
    for fact in asked(kind):
        name, value = fact.name, facts.get(fact.name)
        if value in (None, "") and fact.nullable:
            continue
        if value is None:
            found[name] = f"{name} is always known; say what it is."
        elif fault := value_fault(fact, value):
            found[name] = fault
    return found


def _outcome(table: Table, fired: Sequence[Row]) -> Mapping[str, Any]:
    if table.kind not in ADDED_UP:
        return dict(fired[-1].then) if fired else {}
    points = sum(row.then.get("points", 0) for row in fired)
    return {"points": max(0, min(SCORE_MAX, points)), "code": fired[-1].then.get("code", "") if fired else ""}


def _held(table: Table, record: Mapping[str, Any]) -> set[tuple[int, int]]:
    """The conditions that hold, by the places of their row and column."""
    rules = [
        {f"in-{name}": cell, f"out-{_PLACE}": orjson.dumps(f"{place}:{column}").decode()}
        for place, row in enumerate(table.rows)
        for column, name, cell in _conditions(table, row)
    ]
    if not rules:
        return set()
    blank = {f"in-{name}": "" for name in table.inputs}
    graph = graph_of(
        table,
        "collect",
        [{"id": f"out-{_PLACE}", "name": _PLACE, "field": _PLACE}],
        [{"_id": str(number), **blank, **rule} for number, rule in enumerate(rules)],
    )
    result: Any
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {_KEY: graph}}})
    try:
        result = engine.evaluate(_KEY, dict(record))["result"]
    except RuntimeError as error:
        raise FactsRefused(kind=table.kind, position=0, reason=str(error).splitlines()[0]) from error
    places = [str(each[_PLACE]).split(":") for each in result] if isinstance(result, list) else []
    return {(int(place), int(column)) for place, column in places}


def _conditions(table: Table, row: Row) -> Iterator[tuple[int, str, str]]:
    """The cells of a row that are not blank: number and name of the column, and the text."""
    for column, name in enumerate(table.inputs):
        if (cell := row.when.get(name, "")).strip():
            yield column, name, cell
