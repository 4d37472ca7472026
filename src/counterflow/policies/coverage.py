"""Which rows of a table can answer, and which facts only the default answers: sets, not samples.

Each column is cut into atoms: the values any of its cells names, the spans between the numbers it
names, whatever else there may be, and unknown. A cell is then a set of atoms and a row a box of sets,
so "can this row ever fire" is whether anything of its box lies outside of the boxes above it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.policies import cells
from counterflow.policies.cells import Cell, NoneOf, OneOf, Other, Range
from counterflow.policies.facts import FACTS, Fact, Type
from counterflow.policies.tables import Table

STEPS_MAX = 100_000
ELSE = object()
"""A value that no cell of the column names."""

Box = tuple[int, ...]


@dataclass(frozen=True)
class Note:
    """Something to know about a table that is sound: rows that overlap, values only the default answers."""

    row: str
    column: str
    words: str


class Column:
    """A column as atoms, and its cells as sets of them, one bit an atom."""

    def __init__(self, fact: Fact, texts: Sequence[str]) -> None:
        self.fact = fact
        self.cells = [cells.read(text) for text in texts]
        self.atoms = list(self._atoms())
        self.every = (1 << len(self.atoms)) - 1
        single = ((at, atom) for at, atom in enumerate(self.atoms) if not isinstance(atom, range) or len(atom) == 1)
        self.places = {_key(atom.start if isinstance(atom, range) else atom): at for at, atom in single}
        known = {text: self.possible(cell) for text, cell in dict(zip(texts, self.cells, strict=True)).items()}
        self.masks = [known[text] for text in texts]

    def _atoms(self) -> Iterator[Any]:
        named: set[Any] = set()
        edges: set[int] = set()
        for cell in self.cells:
            if isinstance(cell, (OneOf, NoneOf)):
                named |= set(cell.values)
            if isinstance(cell, Range):
                edges |= {
                    edge for edge in (cell.least, None if cell.most is None else cell.most + 1) if edge is not None
                }
        if self.fact.nullable:
            yield None
        if self.fact.type is Type.FLAG:
            yield from (True, False)
        elif self.fact.type is Type.CHOICE:
            yield from self.fact.choices
        elif self.fact.type is Type.CODE:
            yield from sorted(value for value in named if isinstance(value, str))
            yield ELSE
        else:
            edges |= {edge for value in named if isinstance(value, int) for edge in (value, value + 1)}
            inside = sorted(edge for edge in edges if self.fact.least < edge <= self.fact.most)
            starts = [self.fact.least, *inside]
            yield from (range(start, end) for start, end in zip(starts, [*inside, self.fact.most + 1], strict=True))

    def covering(self, cell: Cell, other: Cell) -> int:
        """The atoms a cell lets through for certain, of those that another cell lets through."""
        if isinstance(cell, Other):
            return self.every if cell == other else 0
        return self.possible(cell)

    def possible(self, cell: Cell) -> int:
        """The atoms a cell may let through."""
        match cell:
            case OneOf(values):
                return self._of(values)
            case NoneOf(values):
                return self.every & ~self._of(values)
            case Range(least, most):
                return sum(1 << place for place, atom in enumerate(self.atoms) if _inside(atom, least, most))
        return self.every

    def _of(self, values: frozenset[Any]) -> int:
        """The atoms that are these values; a value that is no atom is none of the fact's."""
        return sum(1 << self.places[key] for value in values if (key := _key(value)) in self.places)

    def beyond(self, mask: int) -> int:
        """The atoms of numbers that are greater than all in a set."""
        most = max((place for place in range(len(self.atoms)) if mask >> place & 1), default=-1)
        numbers = (place for place, atom in enumerate(self.atoms) if isinstance(atom, range) and place > most)
        return sum(1 << place for place in numbers)

    def words(self, mask: int) -> str:
        """A set of atoms in words, the first few of them."""
        shown = [_named(atom) for place, atom in enumerate(self.atoms) if mask >> place & 1]
        return ", ".join(shown[:4]) + (" and others" if len(shown) > 4 else "")


def _key(value: Any) -> Any:
    """A value as it is known among atoms; true is not 1."""
    return (bool, value) if isinstance(value, bool) else value


def _inside(atom: Any, least: int | None, most: int | None) -> bool:
    if not isinstance(atom, range):
        return False
    return (least is None or atom.start >= least) and (most is None or atom.stop - 1 <= most)


def _named(atom: Any) -> str:
    if atom is ELSE:
        return "any other"
    if isinstance(atom, range):
        return str(atom.start) if len(atom) == 1 else f"{atom.start} to {atom.stop - 1}"
    return {None: "unknown", True: "yes", False: "no"}.get(atom, str(atom))


def columns_of(table: Table) -> list[Column]:
    """The columns of a table as sets of atoms. Assumes sound cells."""
    facts = {fact.name: fact for fact in FACTS[table.kind]}
    return [Column(facts[name], [row.when.get(name, "") for row in table.rows]) for name in table.inputs]


def unreachable(table: Table) -> list[tuple[str, list[str]]]:
    """Rows but the last that can never fire, each with the rows above that answer for it. Assumes sound cells.

    A cell that only the engine understands covers nothing but its like.
    """
    columns = columns_of(table)
    boxes = _boxes(table, columns)
    found = []
    for place, row in enumerate(table.rows[:-1]):
        box, mine = boxes[place], [column.cells[place] for column in columns]
        covers: dict[str, Box] = {}
        for earlier, above in enumerate(table.rows[:place]):
            # What a row may let through is at hand, and no less than what it surely does.
            if not _meet(box, boxes[earlier]):
                continue
            pairs = zip(columns, mine, strict=True)
            cover = tuple(
                column.covering(above_cell, cell)
                if isinstance(above_cell := column.cells[earlier], Other)
                else column.masks[earlier]
                for column, cell in pairs
            )
            if _meet(box, cover):
                covers[above.id] = cover
        if not left_over(box, list(covers.values())):
            alone = [name for name, cover in covers.items() if _within(box, cover)]
            found.append((row.id, alone[:1] or list(covers)))
    return found


def _boxes(table: Table, columns: Sequence[Column]) -> list[Box]:
    """What each row but the last may let through, a set a column."""
    return [tuple(column.masks[place] for column in columns) for place in range(len(table.rows) - 1)]


def notes(table: Table) -> list[Note]:
    """Overlaps that an order decides, and values that only the default answers."""
    columns = columns_of(table)
    boxes = _boxes(table, columns)
    found = []
    for name, column in zip(table.inputs, columns, strict=True):
        used = 0
        for mask in column.masks[:-1]:
            used |= mask
        if gap := column.every & ~used:
            words = f"only the last row answers where {name} is {column.words(gap)}."
            found.append(Note(table.rows[-1].id, name, words))
    return [*found, *_overlaps(table, boxes)]


def _overlaps(table: Table, boxes: Sequence[Box]) -> Iterator[Note]:
    for later, box in enumerate(boxes):
        above = [
            table.rows[earlier].id
            for earlier, other in enumerate(boxes[:later])
            if table.rows[earlier].then != table.rows[later].then
            and _meet(box, other)
            and not _within(box, other)
            and not _within(other, box)
        ]
        if len(above) == 1:
            words = f"some cases fit row {above[0]} as well; it stands above and answers them."
            yield Note(table.rows[later].id, "", words)
        elif above:
            more = f" and {len(above) - 3} more" if len(above) > 3 else ""
            words = f"some cases fit rows {', '.join(above[:3])}{more} as well; they stand above and answer them."
            yield Note(table.rows[later].id, "", words)


def _meet(a: Box, b: Box) -> bool:
    return all(x & y for x, y in zip(a, b, strict=True))


def _within(a: Box, b: Box) -> bool:
    return all(x & ~y == 0 for x, y in zip(a, b, strict=True))


def left_over(box: Box, covers: Sequence[Box]) -> bool:
    """Whether anything of a box lies outside of all covers; yes where the search would take too long."""
    return _left(box, covers, [STEPS_MAX])


def _left(box: Box, covers: Sequence[Box], steps: list[int]) -> bool:
    """Whether anything of a box lies outside of all covers; yes where the search would take too long."""
    for place, cover in enumerate(covers):
        if not _meet(box, cover):
            continue
        steps[0] -= 1
        if steps[0] < 0:
            return True
        rest = covers[place + 1 :]
        for column, mask in enumerate(cover):
            outside = box[column] & ~mask
            if outside and _left((*box[:column], outside, *box[column + 1 :]), rest, steps):
                return True
            box = (*box[:column], box[column] & mask, *box[column + 1 :])
        return False
    return True
