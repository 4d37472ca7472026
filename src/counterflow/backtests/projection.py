"""What of a record of facts matters to a table: the class it falls into, so that each class is decided once.

A table of policies cuts whole numbers at the thresholds its cells name and knows only the codes they name; all
records of one class get the same answer. Where a row has an expression that only the engine understands, and its other
cells let a record through, the class keeps every fact that the expression uses as it is, so the shortcut never
guesses. The answers come from the engine.
"""

from bisect import bisect_right
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.policies import cells
from counterflow.policies.cells import Anything, Cell, NoneOf, OneOf, Other, Range
from counterflow.policies.engine import Prepared
from counterflow.policies.facts import FACTS, Type
from counterflow.policies.tables import Row, Table

KEPT_MAX = 500_000
"""Classes remembered at most; a table that compares unrounded amounts has nearly one for each record."""
_OTHER = ("other",)

Key = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class _Guarded:
    """A row with expressions: its plain cells by fact, and the facts that its expressions use."""

    plain: tuple[tuple[str, Cell], ...]
    used: tuple[str, ...]

    def key(self, get: Callable[[str], Any]) -> Hashable:
        """What its expressions see; nothing where its plain cells rule the row out anyway."""
        if not all(cells.lets(cell, get(name)) for name, cell in self.plain):
            return None
        return tuple(get(name) for name in self.used)


class Projection:
    """The facts a table asks for, each cut into the classes that its cells tell apart."""

    def __init__(self, table: Table) -> None:
        types = {fact.name: fact.type for fact in FACTS[table.kind]}
        read = {name: [cells.read(row.when.get(name, "")) for row in table.rows] for name in table.inputs}
        asked = {name: found for name, found in read.items() if not all(isinstance(c, Anything) for c in found)}
        self._guarded = tuple(_guarded(read, set(types), place) for place in _with_expressions(read))
        self._numbers = tuple(
            (name, tuple(sorted(_cuts(found))))
            for name, found in sorted(asked.items())
            if types.get(name) is Type.INTEGER
        )
        self._codes = tuple(
            (name, frozenset(_named(found)))
            for name, found in sorted(asked.items())
            if types.get(name) is not Type.INTEGER
        )

    def key(self, facts: Mapping[str, Any]) -> Key:
        """The class of a record of facts; the same for all that the table cannot tell apart."""
        get = facts.get
        parts: list[Hashable] = [row.key(get) for row in self._guarded]
        for name, cuts in self._numbers:
            value = get(name)
            parts.append(None if value is None else bisect_right(cuts, value))
        for name, codes in self._codes:
            value = get(name)
            parts.append(value if value is None or value in codes else _OTHER)
        return tuple(parts)


class Decider:
    """A table that answers each class of facts once. Facts are complete, as `policies.facts.completed` makes them."""

    def __init__(self, prepared: Prepared) -> None:
        self._prepared = prepared
        self._projection = Projection(prepared.table)
        self._known: dict[Key, Row] = {}

    def rows(self, facts: Sequence[Mapping[str, Any]]) -> list[Row]:
        """The row that answers each record; the engine is asked about classes that are not known yet, all at once.

        Raises `FactsRefused` where the engine would.
        """
        if len(self._known) > KEPT_MAX:
            self._known.clear()
        keys = [self._projection.key(record) for record in facts]
        fresh: dict[Key, Mapping[str, Any]] = {}
        for key, record in zip(keys, facts, strict=True):
            if key not in self._known:
                fresh.setdefault(key, record)
        if fresh:
            self._known.update(zip(fresh, self._prepared.fired(list(fresh.values())), strict=True))
        return [self._known[key] for key in keys]

    def row(self, facts: Mapping[str, Any]) -> Row:
        """The row that answers a record of facts. Raises `FactsRefused` where the engine would."""
        key = self._projection.key(facts)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._prepared.fired([facts])[0]
        return found


def _with_expressions(read: Mapping[str, Sequence[Cell]]) -> list[int]:
    """The rows, by place, in which a cell is an expression."""
    return sorted({place for column in read.values() for place, cell in enumerate(column) if isinstance(cell, Other)})


def _guarded(read: Mapping[str, Sequence[Cell]], known: set[str], place: int) -> _Guarded:
    row = {name: column[place] for name, column in read.items()}
    used: set[str] = set()
    for name, cell in row.items():
        if isinstance(cell, Other):
            used |= {name} | (cells.names(cell.text) & known)
    plain = tuple((name, cell) for name, cell in row.items() if not isinstance(cell, (Other, Anything)))
    return _Guarded(plain, tuple(sorted(used)))


def _cuts(column: Sequence[cells.Cell]) -> set[int]:
    """Where a column of whole numbers begins to answer differently."""
    cuts: set[int] = set()
    for cell in column:
        if isinstance(cell, Range):
            cuts |= {least for least in (cell.least,) if least is not None}
            cuts |= {most + 1 for most in (cell.most,) if most is not None}
        elif isinstance(cell, (OneOf, NoneOf)):
            for value in cell.values:
                if isinstance(value, int):
                    cuts |= {value, value + 1}
    return cuts


def _named(column: Sequence[cells.Cell]) -> set[Any]:
    """The codes and flags that a column names."""
    return {value for cell in column if isinstance(cell, (OneOf, NoneOf)) for value in cell.values}
