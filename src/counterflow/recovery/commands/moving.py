"""What closing, reopening and cancelling lots and pallets have in common."""

from collections.abc import Sequence
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, Refusal
from counterflow.kernel.events import Event, emit
from counterflow.recovery import events
from counterflow.recovery.lookups import lines_of, load_of, lock_loads
from counterflow.recovery.models import Load
from counterflow.recovery.states import LOADS, LoadKind


class NothingInThere(Refusal):
    """{load} is empty; load something first, or cancel it."""


class StillFull(Refusal):
    """{load} still holds {lines} lines; take them out before you cancel it."""


def move_loads(ctx: Context, action: str, numbers: Sequence[str]) -> Batch:
    """Move each lot or pallet along its life; one that is there already is done, replayed."""
    loads = lock_loads(ctx, numbers)
    lines_of(loads)
    changed: dict[int, dict[str, Any]] = {}
    results: list[Done | Refused] = []
    for number in numbers:
        try:
            load = load_of(loads, number)
            machine = LOADS[LoadKind(load.kind)]
            if load.state in {target for name, _, target in machine.moves if name == action}:
                results.append(Done(number, {"load_id": load.id}, replayed=True))
                continue
            state = machine.move(action, load.state)
            if action == "close" and not load.lines:
                raise NothingInThere(load=number)
            if action == "cancel" and load.lines:
                raise StillFull(load=number, lines=load.lines)
            load.state = str(state)
            changed[load.id] = {"id": load.id, "state": load.state}
            emit(ctx, [Event(events.LOAD_MOVED, load.id, facts={"number": number, "state": load.state})])
            results.append(Done(number, {"load_id": load.id}))
        except DomainError as error:
            results.append(Refused.of(number[:120], error))
    db.update(Load, [row for _, row in sorted(changed.items())])
    return Batch(results)
