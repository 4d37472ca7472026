"""Holds and reservations: what lies over a position, and how much of it is free."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from counterflow.kernel import db
from counterflow.kernel.context import Context, Rank
from counterflow.ledger.posting import LOCK, Place, dimensions, with_queued
from counterflow.ledger.rules import Pool

Kind = Literal["hold", "reservation"]


@dataclass
class Shelf:
    """A position under lock with what lies over it; a place never used has no `account` and nothing on it."""

    account: int = 0
    pool: Pool = field(default_factory=Pool)
    held: int = 0
    reserved: int = 0

    @property
    def unheld(self) -> int:
        """Pieces under no hold."""
        return max(0, self.pool.quantity - self.held)

    @property
    def free(self) -> int:
        """Pieces neither held nor promised to anybody."""
        return max(0, self.pool.quantity - self.held - self.reserved)


@dataclass(frozen=True)
class Overlay:
    """A hold or a reservation to be."""

    id: int
    account: int
    quantity: int
    reference: str
    reason: str = ""


@dataclass(frozen=True)
class Lifted:
    """A hold or reservation of a reference; `fresh` when it was lifted just now."""

    reference: str
    id: int
    quantity: int
    fresh: bool


def lock_shelves(ctx: Context, places: Iterable[Place]) -> dict[Place, Shelf]:
    """Lock positions by ascending id and read them with their holds and reservations; one statement."""
    wanted = list(dict.fromkeys(places))
    shelves = {place: Shelf() for place in wanted}
    for row in db.lock(ctx, Rank.POSITION, LOCK, dimensions(wanted)):
        pool = Pool(row.quantity, row.cost, row.allowance)
        shelves[wanted[row.n - 1]] = Shelf(row.account_id, pool, row.held, row.reserved)
    for place, pool in with_queued(ctx, {place: shelf.pool for place, shelf in shelves.items()}).items():
        shelves[place].pool = pool
    return shelves


def lay(ctx: Context, kind: Kind, overlays: Sequence[Overlay]) -> None:
    """Write holds or reservations; the database checks again that they fit."""
    columns: list[list[Any]] = [
        [o.id for o in overlays],
        [o.account for o in overlays],
        [o.quantity for o in overlays],
        [o.reason for o in overlays],
        [o.reference for o in overlays],
    ]
    sql = "SELECT ledger_hold(%s, %s, %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::text[])"
    db.rows(sql, [kind, ctx.at, *columns])


def lift(ctx: Context, kind: Kind, references: Iterable[str]) -> list[Lifted]:
    """Lift everything of these references that still lies; one statement."""
    found = db.rows("SELECT * FROM ledger_release(%s, %s, %s::text[])", [kind, ctx.at, sorted(set(references))])
    return [Lifted(*row) for row in found]
