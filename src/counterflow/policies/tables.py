"""A decision table as a person writes it: columns, rows with ids, and what each row says in words.

The compact form is JSON: `inputs` and `outputs` name the columns, `rows` carry `id`, `when` (column ->
cell), `then` (column -> plain value), and a sentence each for `agent` and `customer`. Conditions are
text; answers are plain values, so a table cannot compute anything, least of all money.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import orjson

from counterflow.kernel.errors import Invalid

NUMBER_MAX = 2**53 - 1
"""Whole numbers beyond are not counted exactly by every reader of JSON."""


class TableMalformed(Invalid):
    """This is not a decision table: {reason}."""


@dataclass(frozen=True)
class Row:
    """One row: conditions by column (none for any value), the answer, and its reason in words."""

    id: str
    when: Mapping[str, str]
    then: Mapping[str, Any]
    agent: str
    customer: str


@dataclass(frozen=True)
class Table:
    """One decision table; the first row whose conditions all hold gives the answer."""

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    rows: tuple[Row, ...]

    def as_json(self) -> dict[str, Any]:
        """The compact form, as it is stored."""
        return {
            "kind": self.kind,
            "name": self.name,
            "inputs": list(self.inputs),
            "outputs": list(self.outputs),
            "rows": [
                {
                    "id": row.id,
                    "when": dict(row.when),
                    "then": dict(row.then),
                    "agent": row.agent,
                    "customer": row.customer,
                }
                for row in self.rows
            ],
        }

    def digest(self) -> str:
        """SHA-256 of the compact form with sorted keys, in hexadecimal."""
        return sha256(orjson.dumps(self.as_json(), option=orjson.OPT_SORT_KEYS)).hexdigest()


def read_table(stored: Any) -> Table:
    """A table from its compact form. Raises `TableMalformed` where the shape is not one of a table.

    What the cells say is another question; `rules.problems` answers it.
    """
    found = _mapping(stored, "a table", ("kind", "name", "inputs", "outputs", "rows"))
    for column in ("inputs", "outputs", "rows"):
        if not isinstance(found[column], list):
            raise TableMalformed(reason=f"{column} is not a list")
    return Table(
        kind=_text(found["kind"], "kind"),
        name=_text(found["name"], "name"),
        inputs=tuple(_text(name, "inputs") for name in found["inputs"]),
        outputs=tuple(_text(name, "outputs") for name in found["outputs"]),
        rows=tuple(_row(row, number) for number, row in enumerate(found["rows"], 1)),
    )


def shipped(kind: str) -> Table:
    """The table that comes with the package for a kind."""
    return read_table(orjson.loads((files("counterflow.policies") / "defaults" / f"{kind}.json").read_bytes()))


def _row(stored: Any, number: int) -> Row:
    where = f"row {number}"
    found = _mapping(stored, where, ("id", "when", "then", "agent", "customer"))
    when = _mapping(found["when"], f"{where}, when")
    then = _mapping(found["then"], f"{where}, then")
    return Row(
        id=_text(found["id"], f"{where}, id"),
        when=MappingProxyType({name: _text(cell, f"{where}, {name}") for name, cell in when.items()}),
        then=MappingProxyType({name: plain(value, f"{where}, {name}") for name, value in then.items()}),
        agent=_text(found["agent"], f"{where}, agent"),
        customer=_text(found["customer"], f"{where}, customer"),
    )


def _mapping(value: Any, where: str, keys: tuple[str, ...] | None = None) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TableMalformed(reason=f"{where} is not an object")
    if keys is not None and set(value) != set(keys):
        wrong = ", ".join(sorted(set(value) ^ set(keys)))
        raise TableMalformed(reason=f"{where} has other members than {', '.join(keys)}: {wrong}")
    return value


def plain(value: Any, where: str) -> Any:
    """A value that can be stored and told: text, a whole number of 64 bits, true, false or null.

    Raises `TableMalformed` with the place of any other.
    """
    if isinstance(value, str):
        return _text(value, where)
    if value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) <= NUMBER_MAX):
        return value
    raise TableMalformed(reason=f"{where} is no plain value: text, a whole number, true, false or null")


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise TableMalformed(reason=f"{where} is not text")
    if "\x00" in value or (not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value)):
        raise TableMalformed(reason=f"{where} holds a character that no text can have")
    return value
