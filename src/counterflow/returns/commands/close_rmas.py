"""Close returns that have run their course. Goods that come later open them again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.returns import events
from counterflow.returns.commands.locking import RmaState, lock_rmas, require
from counterflow.returns.entitlement import open_pieces
from counterflow.returns.models import Rma
from counterflow.returns.states import RMA
from counterflow.returns.states import Rma as State


@dataclass(frozen=True)
class CloseRma:
    """Close one RMA, by its number."""

    rma: str
    happened_at: datetime | None = None


class StillOpen(Refusal):
    """{rma} is still open: {expected} pieces are expected, {undecided} wait for an inspection, {due} for a credit."""


@command(needs="returns.decide")
def close_rmas(ctx: Context, *, items: Sequence[CloseRma]) -> Batch:
    """Close each RMA of which nothing is open.

    Refuses: `RmaNotFound`, `StillOpen`, `MoveNotAllowed`. A closed RMA answers as a replay.
    """
    rmas = lock_rmas(ctx, [item.rma for item in items])
    closed: dict[int, str] = {}
    told: list[Event] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            rma = require(rmas, item.rma)
            replayed = rma.state == State.CLOSED
            if not replayed:
                _check(item, rma)
                rma.state = closed[rma.id] = RMA.move("close", rma.state)
                told.append(Event(events.RMA_CLOSED, rma.id, ctx.when(item.happened_at), {"rma": rma.number}))
            results.append(Done(item.rma, {"rma_id": rma.id, "state": rma.state}, replayed))
        except DomainError as error:
            results.append(Refused.of(item.rma, error))
    db.update(Rma, [{"id": i, "state": state} for i, state in closed.items()])
    emit(ctx, told)
    return Batch(results)


def _check(item: CloseRma, rma: RmaState) -> None:
    RMA.move("close", rma.state)
    coming, waiting, owed = map(sum, zip(*(open_pieces(line, rma.state) for line in rma.lines), strict=True))
    if coming or waiting or owed:
        raise StillOpen(rma=item.rma, expected=coming, undecided=waiting, due=owed)
