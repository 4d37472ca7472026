"""Lines that go straight into the books while a file is read: those of orders that the books do not have.

Such a line has nothing to be compared with, so it needs no staging: its order, shipment and item have their ids
before it is written, and the order itself follows when the whole file is known. Lines of known orders, and lines
that contradict the first line of their order, are staged and merged (`commands.merging`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from counterflow.kernel import db
from counterflow.kernel.ids import BLOCK, BLOCK_SEQUENCE
from counterflow.orders.importing import staging
from counterflow.orders.states import CostBasis, LineKind

KNOWN = "SELECT number FROM orders_order WHERE channel_id = %s AND number = ANY(%s)"
TAKE = "SELECT nextval('kernel_id_seq'::regclass) AS id FROM generate_series(1, %s)"
BLOCKS = f"SELECT nextval('{BLOCK_SEQUENCE}'::regclass) AS first FROM generate_series(1, %s)"

Ensure = Callable[[Sequence[str]], dict[str, int]]
"""Makes sure that these SKUs have items; the id of each."""


class _Head(NamedTuple):
    """An order that is new: its ids, its first line in the file, and what all its lines must agree on."""

    order_id: int
    shipment_id: int
    first_line: int
    customer: str | None
    country: str


@dataclass(frozen=True)
class Planned:
    """One chunk: what is staged, and the lines that go straight into the books with their ids."""

    staged: dict[str, Any]
    lines: Any
    ids: Any
    orders: Any
    shipments: Any
    first_lines: Any
    items: Any
    skus: Any
    kinds: Any


class Direct:
    """Sorts the lines of one file, chunk after chunk, into those that are new for certain and the others."""

    def __init__(self, channel_id: int, ensure: Ensure, wait: Callable[[], None]) -> None:
        """`wait` returns when the database can be asked."""
        self._channel, self._ensure, self._wait = channel_id, ensure, wait
        self._heads: dict[str, _Head | None] = {}
        # By heading: whether its lines go straight, and where to. By thing: what is sold, and its item.
        self._goes = pa.array([], pa.bool_())
        self._places = {name: pa.array([], pa.int64()) for name in ("order_id", "shipment_id", "first_line")}
        self._things: list[tuple[str, str]] = []
        self._items: dict[int, int] = {}
        self._by_sku: dict[str, int] = {}

    def plan(self, tables: dict[str, Any]) -> Planned:
        """Give ids to what is new of a coded chunk. A few statements, whatever its size."""
        headings, lines = tables["staged_headings"].to_pylist(), tables["staged"]
        self._things += [(row["sku"], row["kind"]) for row in tables["staged_things"].to_pylist()]
        self._wait()
        fresh = self._fresh([row["number"] for row in headings])
        self._goes = pa.concat_arrays([self._goes, pa.array(self._agree(headings, fresh), pa.bool_())])
        straight = pc.take(self._goes, lines["heading"])
        whole = pc.all(straight, min_count=0).as_py()
        new, others = (
            (lines, lines.slice(0, 0)) if whole else (lines.filter(straight), lines.filter(pc.invert(straight)))
        )
        self._open(headings, fresh, _ids(2 * len(fresh)))
        used = pc.unique(new["thing"]).to_pylist()
        self._ensure_items(used)
        staged = dict(tables) | {"staged": others, "staged_used": pa.table({"thing": pa.array(used, pa.int32())})}
        heads = [self._heads[row["number"]] for row in headings]
        for name, known in self._places.items():
            column = pa.array([head and getattr(head, name) for head in heads], pa.int64())
            self._places[name] = pa.concat_arrays([known, column])
            if name != "first_line":
                staged["staged_headings"] = staged["staged_headings"].append_column(name, column)
        return Planned(staged, new, _blocks(2 * len(new)), *self._places.values(), *self._sold())

    def _fresh(self, numbers: Sequence[str]) -> dict[str, None]:
        """Of these numbers, those that were not seen before and that the books do not have, in their order."""
        unseen = dict.fromkeys(number for number in numbers if number not in self._heads)
        if unseen:
            for row in db.rows(KNOWN, [self._channel, list(unseen)]):
                self._heads[row.number] = unseen.pop(row.number)
        return unseen

    def _agree(self, headings: Sequence[dict[str, Any]], fresh: dict[str, None]) -> list[bool]:
        """Whether each new heading belongs to a new order and says of it what its first line says."""
        said: dict[str, tuple[str | None, str]] = {}
        agreed = []
        for row in headings:
            number, says = row["number"], _says(row)
            head = self._heads.get(number)
            if number in fresh:
                agreed.append(said.setdefault(number, says) == says)
            else:
                agreed.append(head is not None and (head.customer, head.country) == says)
        return agreed

    def _open(self, headings: Sequence[dict[str, Any]], fresh: dict[str, None], ids: Sequence[int]) -> None:
        """Make the heads of new orders from their first lines."""
        pairs = iter(ids)
        for row in headings:
            if row["number"] in fresh and row["number"] not in self._heads:
                self._heads[row["number"]] = _Head(next(pairs), next(pairs), row["line"], *_says(row))

    def _ensure_items(self, things: Sequence[int]) -> None:
        wanted = {thing: self._things[thing][0] for thing in things if thing not in self._items}
        wanted = {thing: sku for thing, sku in wanted.items() if self._things[thing][1] == LineKind.PRODUCT}
        missing = sorted(set(wanted.values()) - set(self._by_sku))
        if missing:
            self._by_sku |= self._ensure(missing)
        self._items |= {thing: self._by_sku[sku] for thing, sku in wanted.items()}

    def _sold(self) -> tuple[Any, ...]:
        """Item, SKU and kind, by thing."""
        skus, kinds = zip(*self._things, strict=True) if self._things else ((), ())
        items = [self._items.get(thing) for thing in range(len(skus))]
        return pa.array(items, pa.int64()), pa.array(skus, pa.string()), pa.array(kinds, pa.string())


def _says(row: dict[str, Any]) -> tuple[str | None, str]:
    """What the lines of an order must agree on: customer and country."""
    return row["customer"], row["country"] or ""


def _ids(number: int) -> list[int]:
    """So many fresh ids, ascending."""
    return [row.id for row in db.rows(TAKE, [number])] if number else []


def _blocks(number: int) -> Any:
    """So many fresh ids for lines, ascending: one call of the database for each block of them."""
    if not number:
        return pa.array([], pa.int64())
    starts = [row.first for row in db.rows(BLOCKS, [-(-number // BLOCK)])]
    return pa.concat_arrays([_counted(first, min(BLOCK, number - n * BLOCK)) for n, first in enumerate(starts)])


def _counted(first: int, count: int) -> Any:
    return pc.add(pc.cumulative_sum(_same(1, count, pa.int64())), first - 1)


def _same(value: Any, count: int, kind: Any) -> Any:
    return pa.repeat(pa.scalar(value, kind), count)


@dataclass(frozen=True)
class Written:
    """A chunk as bytes for COPY: what is staged and the lines of orders, and beside them the lines of shipments."""

    pieces: list[staging.Piece]
    beside: list[staging.Piece] = field(default_factory=list)
    order_line_ids: Any = ()


def written(plan: Planned) -> Written:
    """A planned chunk as bytes for COPY."""
    pieces = [staging.encoded(name, rows) for name, rows in plan.staged.items() if len(rows)]
    lines = plan.lines
    if not len(lines):
        return Written(pieces)
    heading, thing, count = lines["heading"], lines["thing"], len(lines)
    order_line_ids, shipped_ids = plan.ids.slice(0, count), plan.ids.slice(count)
    kind, item = pc.take(plan.kinds, thing), pc.take(plan.items, thing)
    basis = _same(str(CostBasis.HISTORY), count, pa.string())
    columns = {
        "id": order_line_ids,
        "order_id": pc.take(plan.orders, heading),
        "line_no": pc.add(pc.subtract(lines["line"], pc.take(plan.first_lines, heading)), 1),
        "item_id": item,
        "sku": pc.take(plan.skus, thing),
        "kind": kind,
        "quantity": lines["quantity"],
        "unit_price_minor": lines["price_minor"],
        "discount_minor": _same(0, count, pa.int8()),
        "cost_basis": basis,
    }
    shipped = {
        "id": shipped_ids,
        "shipment_id": pc.take(plan.shipments, heading),
        "order_line_id": order_line_ids,
        "item_id": item,
        "quantity": lines["quantity"],
        "invoiced_minor": pc.multiply(pc.cast(lines["quantity"], pa.int64()), lines["price_minor"]),
        "cost_basis": basis,
    }
    goods = pa.table(shipped).filter(pc.equal(kind, str(LineKind.PRODUCT)))
    return Written(
        [*pieces, staging.encoded_codes("orders_orderline", pa.table(columns))],
        [staging.encoded_codes("orders_shipmentline", goods)],
        order_line_ids,
    )
