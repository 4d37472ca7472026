"""A real order book as the demo's company: import, and go-live with what the book does not hold.

Such books hold orders, prices and returns. Costs, opening stock, payments, reasons and grades are not in
them; a seeded rule simulates what the replay needs, and names, tenders, RMAs and units say so.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from counterflow.catalog.commands import NewBrand, NewItem, record_brands, record_items
from counterflow.config.demo.company import reasons
from counterflow.config.demo.desk import Desk
from counterflow.config.demo.dice import dice
from counterflow.facilities.commands.record_nodes import RecordNode, record_nodes
from counterflow.kernel import db
from counterflow.kernel.errors import DomainError, Invalid
from counterflow.ledger.commands.keep_entities import KeepEntity, keep_entities
from counterflow.ledger.commands.open_books import OpenStock, open_books
from counterflow.orders import history
from counterflow.orders.commands import NewChannel, record_channels
from counterflow.orders.importing.check import CHECKS, Terms
from counterflow.orders.importing.readers import parts
from counterflow.orders.importing.run import Failed, Imported, Options, Progress, import_files
from counterflow.policies.commands import install_default_policies
from counterflow.receiving.commands.install_default_plans import install_default_plans

ENTITY, BRAND, CHANNEL, NODE = "order-book", "order-book", "order-book", "order-book-dc"
CURRENCY, ZONE = "GBP", "Europe/London"
SIMULATED = "costs, opening stock, payments, reasons and grades"
FROM_THE_START = datetime(1900, 1, 1, tzinfo=UTC)
"""Every return of the book is left to be replayed."""
COST_PERCENT = (35, 60)
"""An item's simulated cost is a share of its median price, from and to."""
SUFFIXES = (".csv", ".csv.gz", ".gz", ".parquet", ".xlsx")


class NoFiles(Invalid):
    """There is no order book in {place}; name files or a folder with CSV, gzip, Parquet or Excel files."""


@dataclass(frozen=True)
class GoneLive:
    """What was simulated at go-live."""

    day: date
    items: int
    stocked: int
    pieces: int


def files_in(places: Sequence[str]) -> list[Path]:
    """The files that arguments name, folders with all order books in them, each once. Raises `NoFiles`."""
    found: list[Path] = []
    for place in map(Path, places):
        if not place.is_dir():
            found.append(place)
            continue
        inside = sorted(p for p in place.rglob("*") if p.is_file() and p.name.endswith(SUFFIXES))
        if not inside:
            raise NoFiles(place=place)
        found += inside
    return list(dict.fromkeys(found))


def prepare(desk: Desk, paths: Sequence[Path], *, at: datetime) -> date:
    """Record entity, node and channel of the book, once; the first day of its books."""
    known = db.rows("SELECT go_live FROM ledger_entity WHERE code = %s", [ENTITY])
    day: date = known[0].go_live if known else _first_day(paths, at)
    install_default_policies(desk.context(at, None))
    install_default_plans(desk.context(at, None))
    reasons(desk, at=at)
    said = "costs, stock, payments and grades simulated"
    entity = KeepEntity(ENTITY, f"Order book ({said})", CURRENCY, day, ZONE, SIMULATED)
    desk.must(keep_entities, [entity], at=at, step=None)
    desk.must(
        record_nodes, [RecordNode(NODE, f"Warehouse of the order book ({said})", "dc", ENTITY, ZONE)], at=at, step=None
    )
    desk.must(record_brands, [NewBrand(BRAND, "Order book")], at=at, step=None)
    channel = NewChannel(CHANNEL, f"Order book ({said})", "own_shop", BRAND, ENTITY, CURRENCY, ZONE)
    desk.must(record_channels, [channel], at=at, step=None)
    return day


def _first_day(paths: Sequence[Path], at: datetime) -> date:
    """The first day of the month in which the earliest file begins; what is earlier still is booked then."""
    firsts = [first for path in paths if (first := _first_moment(path, at)) is not None]
    return (min(firsts) if firsts else at).date().replace(day=1)


def _first_moment(path: Path, at: datetime) -> datetime | None:
    """The earliest instant among the first rows of a file, if it can be read; the import says what is wrong."""
    terms = Terms(CURRENCY, ZONE, at)
    try:
        for part in parts(path, read=lambda _: None, encoding="utf-8"):
            for chunk in part.chunks:
                rows = CHECKS[part.header.layout.name](chunk, terms).table
                found: list[datetime] = [moment for moment in rows["happened_at"].to_pylist() if moment is not None]
                if found:
                    return min(found).replace(tzinfo=UTC)
    except (DomainError, OSError):
        return None
    return None


def load(
    desk: Desk, paths: Sequence[Path], *, at: datetime, report: Path, progress: Progress
) -> Iterator[Imported | Failed]:
    """Import the files as history, with every return left to be replayed; what became of each."""
    wishes = Options(CHANNEL, report, replay_from=FROM_THE_START)
    yield from import_files(desk.context(at, None), paths, wishes, progress)


def go_live(desk: Desk, seed: int, day: date, *, at: datetime, progress: Callable[[str], None]) -> GoneLive:
    """Simulate costs and opening stock of the items that have none; they are the company's own items then."""
    found = history.priced_items(channel=CHANNEL)
    progress(f"{len(found):,} items")
    items, stock = [], []
    for sold in found:
        rng = dice(f"{seed}:{sold.sku}")
        cost = max(1, sold.median_minor * rng.randint(*COST_PERCENT) // 100)
        items.append(NewItem(sold.sku, sold.name, brand=BRAND, standard_cost_minor=cost, currency=CURRENCY))
        pieces = rng.randint(1, 6) * max(1, sold.lines // 50)
        stock.append(OpenStock(NODE, sold.sku, pieces, pieces * cost))
    results = desk.call(record_items, items, at=at, step=None)
    desk.call(open_books, stock, at=at, step=None)
    return GoneLive(day, len(results), len(stock), sum(row.quantity for row in stock))
