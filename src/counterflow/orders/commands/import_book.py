"""Merge one order book into the books."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from counterflow.catalog.commands import SeenItem, ensure_items
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import NotFound
from counterflow.orders.commands import binding, merging
from counterflow.orders.commands.map_adjustments import map_adjustments
from counterflow.orders.commands.match_returns import match_returns
from counterflow.orders.models_imports import ImportRun
from counterflow.orders.states import LineClass

ITEMS_AT_ONCE = 10_000
SETTINGS = {
    "work_mem": "256MB",
    "default_statistics_target": "10",
    "jit": "off",
    "random_page_cost": "1",
    "enable_mergejoin": "off",
}
"""Hashes stay whole in memory and join; a small sample is enough for such plans, compiling them takes longer than
running them, and the pages they look up were just written by the transaction itself."""


class ChannelUnknown(NotFound):
    """There is no channel {code}."""


@dataclass(frozen=True)
class Book:
    """A file that was read: `rows` of it in all, of which `refused` went no further; `classes` counts the others.

    `keyed` says that its lines carry their own numbers. Returns from `replay_from` on are left to be
    replayed; those before it are settled history, and without it all are.
    """

    channel: str
    file_name: str
    sha256: str
    layout: str
    keyed: bool
    rows: int
    refused: int
    report_path: str = ""
    replay_from: datetime | None = None
    classes: dict[str, int] = field(default_factory=dict)


@command(needs="orders.record")
def import_book(ctx: Context, *, book: Book) -> Batch:
    """Add what the file says and the books do not: orders, returns, adjustments; post nothing.

    Runs in the transaction in which the file was staged (`importing.run`), where most order lines are in already.

    Lines that contradict the books or each other go to `staged_refused`. One import of a channel runs at a
    time. The facts of the one result are the counts of the run. Raises `ChannelUnknown`.
    """
    channel = lock_channel(book.channel)
    run = ctx.new_id()
    terms = {
        "channel": channel.id,
        "currency": channel.currency,
        "keyed": book.keyed,
        "run": run,
        "at": ctx.at,
        "replay_from": book.replay_from,
    }
    db.rows(f"SELECT {', '.join(f'set_config({name!r}, {value!r}, true)' for name, value in SETTINGS.items())}")
    gone, known = _settle(terms)
    binding.run(merging.ADD_CUSTOMERS, terms)
    _ensure_items(ctx, terms | {"whole": not gone})
    # The run is written first for the foreign keys of what it imports, and gets its counts at the end.
    db.insert(ImportRun, [_run_row(run, channel.id, ctx, book, {})])
    counts = {name: n for name in book.classes if (n := book.classes[name] - gone[name])}
    _write_orders(terms)
    returns, adjustments = binding.run(merging.ADD_RETURNS, terms), binding.run(merging.ADD_ADJUSTMENTS, terms)
    known += counts.pop("return", 0) + counts.pop("adjustment", 0) - returns - adjustments
    counts |= {"return": returns, "adjustment": adjustments}
    matched = match_returns(ctx, run_id=run).done[0].facts
    mapped = map_adjustments(ctx).done[0].facts
    refused = book.refused + db.rows("SELECT count(*) AS n FROM pg_temp.staged_refused")[0].n
    row = _run_row(run, channel.id, ctx, book, {**counts, **matched}, refused=refused, duplicate=known)
    db.update(ImportRun, [row])
    facts = {name: row[name] for name in ("id", "rows", "imported", "refused", "duplicate", "counts")}
    return Batch([Done(book.file_name, {**facts, **mapped})])


def lock_channel(code: str) -> Any:
    """The channel under lock, so that two imports into it wait for each other. Raises `ChannelUnknown`."""
    found = db.rows("SELECT id, currency FROM orders_channel WHERE code = %s FOR NO KEY UPDATE", [code])
    if not found:
        raise ChannelUnknown(code=code)
    return found[0]


def _settle(terms: dict[str, Any]) -> tuple[Counter[str], int]:
    """Take out of the staged order lines what contradicts and what is known: how many of each class, how many known."""
    for table in ("staged", "staged_headings", "staged_things", "staged_apart"):
        db.execute(f"ANALYZE pg_temp.{table}")
    binding.run(merging.HEADS, terms)
    db.execute("ANALYZE pg_temp.heads")
    gone: Counter[str] = Counter()
    known = 0
    for statement in merging.SETTLE_KEYED if terms["keyed"] else merging.SETTLE:
        for row in binding.rows(statement, terms):
            gone[LineClass(row.code).name.lower()] += row.n
            known += row.known
    return gone, known


def _ensure_items(ctx: Context, terms: dict[str, Any]) -> None:
    seen = [SeenItem(row.sku, row.name) for row in binding.rows(merging.SEEN_ITEMS, terms)]
    for start in range(0, len(seen), ITEMS_AT_ONCE):
        ensure_items(ctx, items=seen[start : start + ITEMS_AT_ONCE])


def _write_orders(terms: dict[str, Any]) -> None:
    told = terms["keyed"]
    binding.run(merging.ADD_ORDERS, terms)
    binding.run(merging.ADD_TOLD_SHIPMENTS if told else merging.ADD_WHOLE_SHIPMENTS, terms)
    binding.run(merging.PLACES, terms)
    db.execute(merging.SOLD)
    for table in ("places", "sold"):
        db.execute(f"ANALYZE pg_temp.{table}")
    db.execute(merging.ADD_LINES)
    db.execute(merging.ADD_TOLD_SHIPMENT_LINES if told else merging.ADD_WHOLE_SHIPMENT_LINES)
    if told:
        db.execute(merging.RAISE_TENDERS)
    binding.run(merging.SET_EARLIEST, terms)
    db.execute(merging.SET_COUNTRIES)


def _run_row(
    run: int, channel: int, ctx: Context, book: Book, counts: dict[str, Any], *, refused: int = 0, duplicate: int = 0
) -> dict[str, Any]:
    rows = book.rows if counts else 0
    return {
        "id": run,
        "channel_id": channel,
        "file_name": book.file_name,
        "sha256": book.sha256,
        "layout": book.layout,
        "at": ctx.at,
        "rows": rows,
        "imported": rows - refused - duplicate,
        "refused": refused,
        "duplicate": duplicate,
        "counts": counts,
        "report_path": book.report_path,
    }
