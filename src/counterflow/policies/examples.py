"""Examples: cases a policy must decide as its owner says, whatever else is changed in it.

An example names facts and the part of the answer it cares about. A version with an example that does
not hold cannot be submitted or activated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import orjson

from counterflow.kernel.errors import Invalid
from counterflow.policies.engine import FactsRefused, Prepared, prepare
from counterflow.policies.facts import ADDED_UP, ANSWER, completed
from counterflow.policies.rules import value_fault
from counterflow.policies.tables import Table, TableMalformed, plain

EXAMPLES_MAX = 500
NAME_MAX = 200
SCORE_MAX = 100
NO_ROW = "none"
"""What stands in place of a row where no row of a table that adds up fits."""


class ExamplesFail(Invalid):
    """Of {count} examples of {name}, {failed} do not hold. The first, "{first}": {reason}"""


@dataclass(frozen=True)
class Example:
    """A case: facts, and the parts of the answer that must come out."""

    name: str
    facts: Mapping[str, Any]
    then: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """As it is stored."""
        return {"name": self.name, "facts": dict(self.facts), "then": dict(self.then)}


@dataclass(frozen=True)
class Tried:
    """What a table said to an example: the row that fired, and why the example does not hold, or nothing."""

    example: Example
    row: str
    reason: str

    @property
    def holds(self) -> bool:
        """Whether the table says what the example wants."""
        return not self.reason


def read_examples(kind: str, stored: Any) -> list[Example]:
    """Examples from their stored form. Raises `TableMalformed` where the shape is another."""
    if not isinstance(stored, (list, tuple)) or len(stored) > EXAMPLES_MAX:
        raise TableMalformed(reason=f"examples are a list of at most {EXAMPLES_MAX}")
    return [_example(kind, entry, number) for number, entry in enumerate(stored, 1)]


def shipped_examples(kind: str) -> list[dict[str, Any]]:
    """The examples that come with the shipped table of a kind, in their stored form."""
    found: list[dict[str, Any]] = orjson.loads(
        (files("counterflow.policies") / "defaults" / "examples" / f"{kind}.json").read_bytes()
    )
    return found


def _example(kind: str, entry: Any, number: int) -> Example:
    where = f"example {number}"
    if not isinstance(entry, Mapping) or set(entry) != {"name", "facts", "then"}:
        raise TableMalformed(reason=f"{where} has other members than name, facts, then")
    name, facts, then = entry["name"], entry["facts"], entry["then"]
    if not isinstance(name, str) or not 0 < len(name.strip()) <= NAME_MAX:
        raise TableMalformed(reason=f"{where} has no name of 1 to {NAME_MAX} characters")
    if not isinstance(facts, Mapping) or not isinstance(then, Mapping) or not then:
        raise TableMalformed(reason=f"{where} needs facts and the part of the answer it is about")
    plain(name, where)
    for key, value in (*facts.items(), *then.items()):
        plain(key, where)
        plain(value, f"{where}, {key}")
    parts = {part.name: part for part in ANSWER[kind]}
    for key, value in then.items():
        if key not in parts:
            raise TableMalformed(reason=f"{where}: {key} is no part of the answer of {kind}")
        if fault := value_fault(parts[key], value):
            raise TableMalformed(reason=f"{where}: {fault}")
    return Example(name.strip(), facts, then)


def tried(table: Table, examples: Sequence[Example]) -> list[Tried]:
    """What a sound table says to each example."""
    prepared = prepare(table)
    found = []
    for example in examples:
        try:
            row, said = _said(prepared, completed(table.kind, [example.facts])[0])
        except FactsRefused as error:
            found.append(Tried(example, "", str(error.facts["reason"])))
            continue
        wrong = [
            f"{name} is {said[name]!r}, not {wanted!r}" for name, wanted in example.then.items() if said[name] != wanted
        ]
        found.append(Tried(example, row, f"row {row} says: {'; '.join(wrong)}" if wrong else ""))
    return found


def _said(prepared: Prepared, facts: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The row that fires and its answer; of a table that adds up, the rows that fit, their sum and last code."""
    if prepared.table.kind not in ADDED_UP:
        (row,) = prepared.fired([facts])
        return row.id, row.then
    (rows,) = prepared.fitting([facts])
    points = max(0, min(SCORE_MAX, sum(row.then["points"] for row in rows)))
    return " + ".join(row.id for row in rows) or NO_ROW, {
        "points": points,
        "code": rows[-1].then["code"] if rows else "",
    }


def require_examples(table: Table, examples: Sequence[Example]) -> None:
    """Raise `ExamplesFail` where any example does not hold."""
    failed = [trial for trial in tried(table, examples) if not trial.holds]
    if failed:
        first = failed[0]
        raise ExamplesFail(
            name=table.name,
            count=len(examples),
            failed=len(failed),
            first=first.example.name,
            reason=first.reason,
            examples=[{"name": trial.example.name, "reason": trial.reason} for trial in failed],
        )
