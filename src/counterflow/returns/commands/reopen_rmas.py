"""Open returns again that were closed, because goods of theirs came after all or are missing again."""

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
class ReopenRma:
    """Open one RMA again, by its number."""

    rma: str
    happened_at: datetime | None = None


class NothingOpen(Refusal):
    """Nothing of {rma} is open: no piece is expected, waits for an inspection or for a credit. For other pieces of
    the order open another return."""


@command(needs="returns.decide")
def reopen_rmas(ctx: Context, *, items: Sequence[ReopenRma]) -> Batch:
    """Open each closed RMA again of which something is open. Pieces and money stay as they are.

    A cancelled RMA stays so: its pieces may belong to another return by now, and for them another is opened.

    Refuses: `RmaNotFound`, `NothingOpen`, `MoveNotAllowed`. An RMA that is authorised answers as a replay. SQL: three
    look-ups (two lock), one write.
    """
    rmas = lock_rmas(ctx, [item.rma for item in items])
    opened: dict[int, str] = {}
    told: list[Event] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            rma = require(rmas, item.rma)
            replayed = rma.state == State.AUTHORISED
            if not replayed:
                rma.state = opened[rma.id] = _opened(rma)
                told.append(Event(events.RMA_REOPENED, rma.id, ctx.when(item.happened_at), {"rma": rma.number}))
            results.append(Done(item.rma, {"rma_id": rma.id, "state": rma.state}, replayed))
        except DomainError as error:
            results.append(Refused.of(item.rma, error))
    db.update(Rma, [{"id": i, "state": state} for i, state in opened.items()])
    emit(ctx, told)
    return Batch(results)


def _opened(rma: RmaState) -> str:
    """The state after opening it again. Raises `MoveNotAllowed`, `NothingOpen`."""
    state = RMA.move("reopen", rma.state)
    if not any(sum(open_pieces(line, rma.state)) for line in rma.lines):
        raise NothingOpen(rma=rma.number)
    return state
