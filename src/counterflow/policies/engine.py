"""The tables at work: a table as a JSON Decision Model, prepared once, asked many times.

An engine with a static loader keeps the prepared graph; making a decision object from JSON each time
would prepare it anew at every call, some twenty times slower. The engine says which row fired; the
answer itself is read from the table, so that numbers never pass through floating point.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
import zen

from counterflow.kernel.errors import Invalid, InvariantBroken
from counterflow.policies.facts import ADDED_UP, schema_of
from counterflow.policies.rules import refuse_nodes
from counterflow.policies.tables import Row, Table

ROW = "row"
_KEY = "table"
# A batch wakes other threads; for a few records that costs more than it saves.
FEW = 16


class FactsRefused(Invalid):
    """The facts given to the policy {kind} are not what it may ask about; item {position}: {reason}."""


@dataclass(frozen=True)
class Prepared:
    """A table ready to answer."""

    table: Table
    rows: Mapping[str, Row]
    engine: zen.ZenEngine

    def fired(self, facts: Sequence[Mapping[str, Any]]) -> list[Row]:
        """The row that answers each record of completed facts. Raises `FactsRefused`."""
        if len(facts) <= FEW:
            with suppress(RuntimeError):  # the batch form below says which record was refused, and why
                return [self._row(self.engine.evaluate(_KEY, dict(record))["result"]) for record in facts]
        return [self._row(result) for result in self._results(facts)]

    def fitting(self, facts: Sequence[Mapping[str, Any]]) -> list[list[Row]]:
        """Every row that fits each record of completed facts, for tables whose rows add up. Raises `FactsRefused`."""
        found = self._results(facts)
        return [[self._row(row) for row in result] if isinstance(result, list) else [] for result in found]

    def _results(self, facts: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
        requests: list[zen.EvaluateBatchRequest] = [{"key": _KEY, "context": record} for record in facts]
        for position, result in enumerate(self.engine.evaluate_batch(requests)):
            if not result["success"]:
                reason = _reason(result["error"])
                raise FactsRefused(kind=self.table.kind, position=position, reason=reason)
            yield result["data"]["result"]

    def _row(self, result: Any) -> Row:
        row = self.rows.get(result[ROW]) if isinstance(result, dict) and ROW in result else None
        if row is None:
            raise InvariantBroken(f"{self.table.name}: no row answered, though the last one always does")
        return row


def prepare(table: Table) -> Prepared:
    """Make a checked table ready to answer."""
    graph = model_of(table)
    refuse_nodes(graph)
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {_KEY: graph}}})
    return Prepared(table, {row.id: row for row in table.rows}, engine)


def model_of(table: Table) -> dict[str, Any]:
    """A table as a JSON Decision Model graph: the schema of its facts, the table, the answer."""
    outputs = [{"id": f"out-{name}", "name": name, "field": name} for name in (*table.outputs, ROW)]
    rules = [_rule(table, row) for row in table.rows]
    return graph_of(table, "collect" if table.kind in ADDED_UP else "first", outputs, rules)


def graph_of(
    table: Table, hit_policy: str, outputs: Sequence[Mapping[str, str]], rules: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    """A graph of one table that asks about the facts of `table`, with these outputs and rules."""
    content = {
        "hitPolicy": hit_policy,
        "inputs": [{"id": f"in-{name}", "name": name, "field": name} for name in table.inputs],
        "outputs": list(outputs),
        "rules": list(rules),
    }
    schema = orjson.dumps(schema_of(table.kind)).decode()
    nodes = [
        ("facts", "inputNode", {"schema": schema}),
        ("table", "decisionTableNode", content),
        ("answer", "outputNode", {}),
    ]
    return {
        "contentType": "application/vnd.gorules.decision",
        "nodes": [
            {"id": name, "name": name, "type": kind, "position": {"x": 300 * place, "y": 0}, "content": inside}
            for place, (name, kind, inside) in enumerate(nodes)
        ],
        "edges": [
            {"id": "ask", "type": "edge", "sourceId": "facts", "targetId": "table"},
            {"id": "tell", "type": "edge", "sourceId": "table", "targetId": "answer"},
        ],
    }


def _rule(table: Table, row: Row) -> dict[str, str]:
    cells = {f"in-{name}": row.when.get(name, "") for name in table.inputs}
    answer = {f"out-{name}": orjson.dumps(row.then[name]).decode() for name in table.outputs}
    said = {"_id": row.id, "_description": row.agent, "_customer": row.customer}
    return {**said, **cells, **answer, f"out-{ROW}": orjson.dumps(row.id).decode()}


def _reason(error: Any) -> str:
    """What the engine complains of, without its stack trace."""
    text = error.get("source", error) if isinstance(error, dict) else error
    return str(text).splitlines()[0]
