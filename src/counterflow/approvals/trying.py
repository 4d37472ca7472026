"""See what an act would do: run it inside a savepoint that is rolled back, with a leave that lets everything through.

Nothing stays: no row, no lock, no queued entry. The act's own run is a scratch one, so its place in the order of
locks is given back with the locks.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction

from counterflow.approvals.acts import Act
from counterflow.approvals.leaves import Trial
from counterflow.kernel import db
from counterflow.kernel.commands import Done, Refused
from counterflow.kernel.context import Context, Run
from counterflow.kernel.errors import DomainError
from counterflow.policies.approving import Sight


class _TakenBackError(Exception):
    """Leaves the savepoint, so that the database undoes what was done in it."""


def seen(ctx: Context, act: Act, items: Sequence[Any]) -> list[tuple[Done | Refused, Sight | None]]:
    """What each item would come to, and what was seen of it if it would take effect; in the order of the items.

    Items are tried as one batch: each sees what those before it would have changed.
    """
    leave, results = Trial(), list[Done | Refused]()
    outer = ctx.running
    scratch = Run(outer.command_id, outer.epoch, outer.ids, outer.refill)
    try:
        with transaction.atomic(), db.gathering():
            results += act.command(replace(ctx, run=scratch, leave=leave), items=items)
            raise _TakenBackError
    except _TakenBackError:
        pass
    except DomainError as error:
        results = [Refused.of(act.identity(item), error) for item in items]
    return [(result, leave.sights.get(act.identity(item))) for item, result in zip(items, results, strict=True)]
