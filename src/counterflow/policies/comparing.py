"""Two wordings of a policy side by side: rows added, removed, moved, and changed cell by cell."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.policies.tables import Row, Table

AGENT, CUSTOMER = "agent", "customer"


@dataclass(frozen=True)
class CellChange:
    """One cell before and after; `part` is when, then, agent or customer. None is a cell that is not there."""

    part: str
    column: str
    before: Any
    after: Any


@dataclass(frozen=True)
class RowChange:
    """What became of a row: added, removed, changed, moved, or same. Places count from 1; None where it is not."""

    row: str
    what: str
    place_before: int | None
    place_after: int | None
    moved: bool
    cells: Sequence[CellChange]


@dataclass(frozen=True)
class Comparison:
    """The difference of two wordings, rows in the order of the later one; removed rows where they stood."""

    columns_added: Sequence[str]
    columns_removed: Sequence[str]
    rows: Sequence[RowChange]

    @property
    def changed(self) -> Sequence[RowChange]:
        """The rows that are not the same."""
        return [row for row in self.rows if row.what != "same"]


def compare(before: Table, after: Table) -> Comparison:
    """Compare two tables; a row is known by its id."""
    old = {row.id: (place, row) for place, row in enumerate(before.rows, 1)}
    new = {row.id: (place, row) for place, row in enumerate(after.rows, 1)}
    stayed = _longest_rise([old[row_id][0] for row_id in new if row_id in old])
    found: list[RowChange] = []
    for row_id, (place, row) in new.items():
        if row_id not in old:
            found.append(RowChange(row_id, "added", None, place, moved=False, cells=_cells(None, row)))
            continue
        place_before, row_before = old[row_id]
        cells, moved = _cells(row_before, row), place_before not in stayed
        what = "changed" if cells else "moved" if moved else "same"
        found.append(RowChange(row_id, what, place_before, place, moved=moved, cells=cells))
    for row_id, (place, row) in old.items():
        if row_id not in new:
            gone = RowChange(row_id, "removed", place, None, moved=False, cells=_cells(row, None))
            found.insert(min(place - 1, len(found)), gone)
    return Comparison(
        columns_added=[name for name in after.inputs if name not in before.inputs],
        columns_removed=[name for name in before.inputs if name not in after.inputs],
        rows=found,
    )


def _cells(before: Row | None, after: Row | None) -> list[CellChange]:
    """The cells that differ; of a row that is new or gone, those that say something."""
    found = []
    old, new = _said(before), _said(after)
    for part, column in dict.fromkeys((*old, *new)):
        was, is_now = old.get((part, column)), new.get((part, column))
        if was != is_now or isinstance(was, bool) != isinstance(is_now, bool):
            found.append(CellChange(part, column, was, is_now))
    return found


def _said(row: Row | None) -> Mapping[tuple[str, str], Any]:
    if row is None:
        return {}
    return {
        **{("when", name): cell.strip() for name, cell in row.when.items() if cell.strip()},
        **{("then", name): value for name, value in row.then.items()},
        (AGENT, ""): row.agent,
        (CUSTOMER, ""): row.customer,
    }


def _longest_rise(places: Sequence[int]) -> set[int]:
    """The members of a longest rising subsequence: the rows that can be said to have stayed where they were."""
    tails: list[int] = []
    at: list[int] = []
    for place in places:
        at.append(bisect_left(tails, place))
        tails[at[-1] : at[-1] + 1] = [place]
    kept, wanted = set(), len(tails) - 1
    for place, length in zip(reversed(places), reversed(at), strict=True):
        if length == wanted:
            kept.add(place)
            wanted -= 1
    return kept
