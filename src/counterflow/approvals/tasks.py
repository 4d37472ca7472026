"""What the worker does for approvals: requests that nobody agreed to in time are over."""

from datetime import UTC, datetime
from typing import Final

from counterflow.approvals.commands.expire_approvals import ExpireApproval, expire_approvals
from counterflow.approvals.queries import expired
from counterflow.kernel.context import Context
from counterflow.kernel.tasks import jobs

PERMISSIONS: Final = frozenset({"approvals.decide"})
BATCH: Final = 1_000


def expire(at: datetime) -> int:
    """End every request whose time was over at an instant; how many."""
    count = 0
    while ids := expired(at=at, limit=BATCH):
        ctx = Context.make("flow:approvals", PERMISSIONS, at, source="flow")
        count += len(expire_approvals(ctx, items=[ExpireApproval(request) for request in ids]).done)
        if len(ids) < BATCH:
            break
    return count


@jobs.periodic(cron="*/5 * * * *")
@jobs.task(name="approvals.expire", queue="flows", queueing_lock="approvals.expire", lock="approvals.expire")
def expire_late(timestamp: int) -> None:
    """End what nobody agreed to in time."""
    expire(datetime.fromtimestamp(timestamp, UTC))
