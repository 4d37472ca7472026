"""Tables that come and go: our compact form, the JSON Decision Model of other tools, and CSV for a spreadsheet."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson

from counterflow.policies.engine import ROW, model_of
from counterflow.policies.facts import ADDED_UP
from counterflow.policies.rules import refuse_nodes
from counterflow.policies.tables import Table, TableMalformed, read_table

_TABLE_NODE = "decisionTableNode"


def read_any(kind: str, stored: Any) -> Table:
    """A table from its compact form, or from a JSON Decision Model graph that holds one decision table.

    Raises `TableMalformed`, `NodeRefused`.
    """
    if isinstance(stored, Mapping) and "nodes" in stored:
        return table_of_model(kind, stored)
    return read_table(stored)


def table_of_model(kind: str, graph: Mapping[str, Any]) -> Table:
    """The table of a graph of the JSON Decision Model (zen 2): one decision table, answers as plain values.

    Where the graph names no row ids, rows are numbered; what it does not say to customers stays empty, which
    a check then tells. Raises `NodeRefused` for any node but a table, `TableMalformed`.
    """
    nodes = graph.get("nodes")
    named = isinstance(nodes, list) and all(isinstance(n, Mapping) and isinstance(n.get("type"), str) for n in nodes)
    if not isinstance(nodes, list) or not named:
        raise TableMalformed(reason="nodes is not a list of nodes with a type each")
    refuse_nodes(graph)
    tables = [node for node in nodes if node.get("type") == _TABLE_NODE]
    if len(tables) != 1:
        raise TableMalformed(reason=f"it holds {len(tables)} decision tables; a policy is exactly one")
    content = tables[0].get("content")
    if not isinstance(content, Mapping):
        raise TableMalformed(reason="the decision table has no content")
    wanted = "collect" if kind in ADDED_UP else "first"
    if content.get("hitPolicy", "first") != wanted:
        raise TableMalformed(reason=f"a table of {kind} has the hit policy {wanted}, not {content.get('hitPolicy')}")
    inputs, outputs = _columns(content, "inputs"), _columns(content, "outputs")
    rules = content.get("rules")
    if not isinstance(rules, list):
        raise TableMalformed(reason="rules is not a list")
    return read_table(
        {
            "kind": kind,
            "name": _name(graph, tables[0], kind),
            "inputs": list(inputs.values()),
            "outputs": [name for name in outputs.values() if name != ROW],
            "rows": [_row(rule, number, inputs, outputs) for number, rule in enumerate(rules, 1)],
        }
    )


def model_for_others(table: Table) -> dict[str, Any]:
    """A table as a JSON Decision Model graph that other tools open, with its name; `table_of_model` reads it back."""
    return {"name": table.name, **model_of(table)}


def csv_rows(table: Table) -> Iterator[Sequence[object]]:
    """A table as lines of a sheet: row, conditions as they are written, the answer, what it says."""
    yield ("row", *table.inputs, *(f"answer: {name}" for name in table.outputs), "staff", "customer")
    for row in table.rows:
        conditions = (row.when.get(name, "") for name in table.inputs)
        yield (row.id, *conditions, *(_plain(row.then.get(name)) for name in table.outputs), row.agent, row.customer)


def _plain(value: Any) -> object:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else "" if value is None else value


def _columns(content: Mapping[str, Any], part: str) -> dict[str, str]:
    """The columns of a graph's table: id -> field."""
    found: dict[str, str] = {}
    columns = content.get(part)
    if not isinstance(columns, list) or not columns:
        raise TableMalformed(reason=f"{part} is not a list of columns")
    for number, column in enumerate(columns, 1):
        field = column.get("field") if isinstance(column, Mapping) else None
        if not isinstance(field, str) or not field.strip() or not isinstance(column.get("id"), str):
            raise TableMalformed(reason=f"column {number} of {part} names no field; each asks about one fact")
        found[column["id"]] = field.strip()
    return found


def _name(graph: Mapping[str, Any], node: Mapping[str, Any], kind: str) -> str:
    """What the graph or its table is called, where somebody named it."""
    for name in (graph.get("name"), node.get("name")):
        if isinstance(name, str) and name.strip() and name != "table":
            return name.strip()[:200]
    return f"Imported {kind.replace('_', ' ')}"


def _row(rule: Any, number: int, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> dict[str, Any]:
    if not isinstance(rule, Mapping) or not all(isinstance(cell, str) for cell in rule.values()):
        raise TableMalformed(reason=f"rule {number} is not an object of texts")
    said = {field: _value(rule.get(column, ""), number, field) for column, field in outputs.items()}
    named = said.pop(ROW, None)
    return {
        "id": named if isinstance(named, str) and named else f"row-{number}",
        "when": {
            field: rule[column] for column, field in inputs.items() if rule.get(column, "").strip() not in ("", "-")
        },
        "then": said,
        "agent": rule.get("_description", ""),
        "customer": rule.get("_customer", ""),
    }


def _value(text: str, number: int, field: str) -> Any:
    """A plain value as the engine writes it: JSON, or a text between single quotes; nothing is unknown."""
    text = text.strip()
    if not text:
        return None
    if len(text) > 1 and text[0] == text[-1] == "'" and "'" not in text[1:-1]:
        return text[1:-1]
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        reason = f"rule {number}, {field}: {text[:60]} is computed; a policy answers with plain values"
        raise TableMalformed(reason=reason) from error
    if isinstance(value, (dict, list)):
        raise TableMalformed(reason=f"rule {number}, {field}: {text[:60]} is no plain value")
    return value
