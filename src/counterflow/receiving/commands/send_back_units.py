"""Send rejected units back to the customers they came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.ledger.chart import State
from counterflow.ledger.posting import Entry, Move, Place, post
from counterflow.receiving import events, rules
from counterflow.receiving.lookups import UnitNow, lock_units, unit_of
from counterflow.receiving.lookups_totes import out_of
from counterflow.receiving.models import PutAway, Unit
from counterflow.receiving.states import UNIT
from counterflow.receiving.states import Unit as UnitState


@dataclass(frozen=True)
class SendBackUnit:
    """A unit that left for the customer."""

    lpn: str
    happened_at: datetime | None = None


class NotForTheCustomer(Refusal):
    """Unit {lpn} was disposed of as {disposition}; only what was rejected is sent back to a customer."""


@command(needs="logistics.ship")
def send_back_units(ctx: Context, *, items: Sequence[SendBackUnit]) -> Batch:
    """Let each rejected unit leave our hands and, with its value, our books; once for each unit.

    Refuses `UnitNotFound`, `MoveNotAllowed`, `NotForTheCustomer`, `TimeInvalid`.
    """
    units = lock_units(ctx, (item.lpn for item in items))
    entries: list[Entry] = []
    sent: dict[int, UnitNow] = {}
    results: list[Done | Refused] = []
    for item in items:
        try:
            unit = unit_of(units, item.lpn)
            if unit.state == UnitState.SENT_BACK:
                results.append(Done(item.lpn, {"unit_id": unit.id}, replayed=True))
                continue
            entries.append(_send(ctx, unit, rules.instant(item.happened_at, ctx.at)))
            sent[unit.id] = unit
            results.append(Done(item.lpn, {"unit_id": unit.id}))
        except DomainError as error:
            results.append(Refused.of(item.lpn, error))
    db.insert(PutAway, [row for _, unit in sorted(sent.items()) for row in out_of(ctx, unit, ctx.at)])
    db.update(
        Unit,
        [
            {
                "id": u.id,
                "state": u.state,
                "stock_state": u.stock_state,
                "cost_minor": 0,
                "allowance_minor": 0,
                "tote_id": u.tote_id,
            }
            for _, u in sorted(sent.items())
        ],
    )
    post(ctx, entries)
    return Batch(results)


def _send(ctx: Context, unit: UnitNow, happened: datetime) -> Entry:
    state = UNIT.move("send_back", unit.state)
    if unit.stock_state != State.TO_CUSTOMER:
        raise NotForTheCustomer(lpn=unit.lpn, disposition=unit.disposition)
    customer = Place(unit.entity_id, State.CUSTOMER, unit.item_id, owner=unit.owner)
    move = Move(unit.place, customer, unit.quantity, unit.cost_minor, unit.allowance_minor, unit.id)
    unit.state, unit.stock_state = str(state), str(State.CUSTOMER)
    unit.cost_minor = unit.allowance_minor = 0
    facts = {"lpn": unit.lpn, "rma_line_id": unit.rma_line_id, "quantity": unit.quantity}
    emit(ctx, [Event(events.UNIT_SENT_BACK, unit.id, happened, facts)])
    return Entry(ctx.new_id(), unit.entity_id, "send_back", happened, [move])
