"""Post: goods with their value, and money, in one balanced entry.

Commands queue entries while they decide; the kernel flushes the queue once, at the end of the outermost
command, by one call of `ledger_post`. Positions are therefore locked last and all at once, in ascending
order, however commands nest. Signs: debit is positive.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.context import Context, Rank
from counterflow.kernel.errors import InvariantBroken
from counterflow.ledger.chart import CONTRA, TRAITS, State
from counterflow.ledger.rules import Pool

OURS = "us"
QUEUE = "ledger.entries"


@dataclass(frozen=True)
class Place:
    """One stock account: which goods, in which state, where, whose, in whose hands."""

    entity: int
    state: State
    item: int
    node: int = 0
    owner: str = OURS
    custodian: str = ""
    lot: str = ""
    bucket: str = "unit"

    @property
    def valued(self) -> bool:
        """Whether the goods are an asset of ours there."""
        return self.owner == OURS and TRAITS[self.state].recognised

    def key(self) -> tuple[int, str, str, int, str, str, int, str, str]:
        """The account's dimensions in the order `ledger_post` takes them."""
        return (
            self.entity,
            "",
            self.owner,
            self.node,
            self.custodian,
            str(self.state),
            self.item,
            self.lot,
            self.bucket,
        )


@dataclass(frozen=True)
class Move:
    """`quantity` pieces from one place to another, taking `cost` and `allowance` (minor units) along.

    A quantity of 0 moves value only. Goods that are in our books on neither side carry no value.
    """

    source: Place
    target: Place
    quantity: int
    cost: int = 0
    allowance: int = 0
    subject: int = 0


@dataclass(frozen=True)
class Money:
    """One leg on a GL account: minor units of the entity's currency, debit > 0.

    `tx_currency`, `tx_amount` and `rate` (functional per transaction unit) say what was agreed with the
    other side where that was another currency.
    """

    entity: int
    gl: str
    amount: int
    subject: int = 0
    tx_currency: str | None = None
    tx_amount: int | None = None
    rate: Decimal | None = None


@dataclass(frozen=True)
class Entry:
    """One balanced entry: pieces balance per SKU, money per entity."""

    id: int
    entity: int
    kind: str
    happened_at: datetime
    moves: Sequence[Move] = ()
    money: Sequence[Money] = ()


@dataclass(frozen=True)
class Reverse:
    """The reversal of one whole entry."""

    id: int
    reverses: int
    kind: str
    happened_at: datetime


def post(ctx: Context, entries: Iterable[Entry]) -> None:
    """Queue entries for the posting at the end of the command. Empty moves and legs are left out."""
    run = ctx.running
    run.queued.setdefault(QUEUE, []).extend(entries)
    run.flush[QUEUE] = _flush


def reverse(ctx: Context, reversals: Iterable[Reverse]) -> None:
    """Queue reversals of whole entries; they are written after what was posted."""
    run = ctx.running
    run.queued.setdefault(QUEUE, [])
    run.queued.setdefault(QUEUE + ".reversed", []).extend(reversals)
    run.flush[QUEUE] = _flush


def lock_positions(ctx: Context, places: Iterable[Place]) -> dict[Place, Pool]:
    """Lock guarded positions, by ascending id, and read what they hold; one statement.

    Name every place the command will touch, so that the later posting locks nothing more. A place that
    was never used has an empty pool.
    """
    wanted = list(dict.fromkeys(places))
    pools = dict.fromkeys(wanted, Pool())
    for row in db.lock(ctx, Rank.POSITION, LOCK, dimensions(wanted)):
        pools[wanted[row.n - 1]] = Pool(row.quantity, row.cost, row.allowance)
    return with_queued(ctx, pools)


LOCK = (
    "SELECT * FROM ledger_lock(%s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[],"
    " %s::bigint[], %s::text[], %s::text[])"
)


def with_queued(ctx: Context, pools: dict[Place, Pool]) -> dict[Place, Pool]:
    """The pools as they will be once what this command has queued so far is posted."""
    for entry in ctx.running.queued.get(QUEUE, ()):
        for move in entry.moves:
            if move.source in pools:
                pools[move.source] = pools[move.source].plus(-move.quantity, -move.cost, -move.allowance)
            if move.target in pools:
                pools[move.target] = pools[move.target].plus(move.quantity, move.cost, move.allowance)
    return pools


def dimensions(places: Sequence[Place]) -> list[list[Any]]:
    """The places as the arrays that `ledger_lock` takes."""
    return _columns([place.key() for place in places], 9)


@dataclass
class _Arrays:
    """The parameters of one `ledger_post` call while they are gathered."""

    accounts: dict[tuple[Any, ...], int] = field(default_factory=dict)
    entries: list[tuple[Any, ...]] = field(default_factory=list)
    moves: list[tuple[Any, ...]] = field(default_factory=list)
    money: list[tuple[Any, ...]] = field(default_factory=list)

    def account(self, key: tuple[Any, ...]) -> int:
        """The one-based place of an account in the arrays."""
        return self.accounts.setdefault(key, len(self.accounts) + 1)

    def gl(self, entity: int, code: str) -> int:
        """The place of a GL account."""
        return self.account((entity, code, "", 0, "", "", 0, "", ""))


def _flush(ctx: Context) -> None:
    run = ctx.running
    entries, reversals = run.queued.pop(QUEUE, []), run.queued.pop(QUEUE + ".reversed", [])
    if entries:
        _post(ctx, [entry for entry in entries if entry.moves or entry.money])
    if reversals:
        sql = "SELECT ledger_reverse(%s, %s, %s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[])"
        db.rows(
            sql,
            [
                ctx.command_id,
                ctx.at,
                [r.reverses for r in reversals],
                [r.id for r in reversals],
                [r.kind for r in reversals],
                [r.happened_at for r in reversals],
            ],
        )


def _post(ctx: Context, entries: list[Entry]) -> None:
    arrays = _Arrays()
    for n, entry in enumerate(entries, start=1):
        arrays.entries.append((entry.id, entry.entity, entry.kind, entry.happened_at))
        for move in entry.moves:
            _gather_move(arrays, n, entry.kind, move)
        for leg in entry.money:
            if leg.amount:
                account = arrays.gl(leg.entity, str(leg.gl))
                arrays.money.append(
                    (n, account, leg.amount, leg.tx_currency, leg.tx_amount, leg.rate, leg.subject),
                )
    db.rows(
        _POST,
        [
            ctx.command_id,
            ctx.at,
            *_columns(list(arrays.accounts), 9),
            *_columns(arrays.entries, 4),
            *_columns(arrays.moves, 9),
            *_columns(arrays.money, 7),
        ],
    )


def _gather_move(arrays: _Arrays, n: int, kind: str, move: Move) -> None:
    if (kind, move.source.state, move.target.state) not in CONTRA:
        raise InvariantBroken(f"the chart has no movement {kind} from {move.source.state} to {move.target.state}")
    contra = CONTRA[kind, move.source.state, move.target.state]
    source, target = arrays.account(move.source.key()), arrays.account(move.target.key())
    source_value, target_value = source, target
    if move.cost or move.allowance:
        if not move.source.valued:
            source_value = arrays.gl(move.source.entity, _contra(contra, move))
        if not move.target.valued:
            target_value = arrays.gl(move.target.entity, _contra(contra, move))
    row = (n, source, target, source_value, target_value, move.quantity, move.cost, move.allowance, move.subject)
    if move.quantity or move.cost or move.allowance:
        arrays.moves.append(row)


def _contra(contra: str | None, move: Move) -> str:
    if contra is None:
        raise InvariantBroken(f"value of {move} has nowhere to go")
    return str(contra)


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


_POST = (
    "SELECT ledger_post(%s, %s,"
    " %s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[],"
    " %s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[],"
    " %s::int[], %s::int[], %s::int[], %s::int[], %s::int[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],"
    " %s::int[], %s::int[], %s::bigint[], %s::text[], %s::bigint[], %s::numeric[], %s::bigint[])"
)
