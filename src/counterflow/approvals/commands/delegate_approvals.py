"""Let another person stand in for oneself in a role, from an instant until before another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from counterflow.access.queries import UserRow, users_by_email
from counterflow.access.roles import permissions_for
from counterflow.access.standing import Standing, standing
from counterflow.approvals import events, rules
from counterflow.approvals.models import Delegation
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused, command, content_hash
from counterflow.kernel.context import Context
from counterflow.kernel.errors import DomainError, IdentityReused
from counterflow.kernel.events import Event, emit
from counterflow.returns.rules import require_reference


@dataclass(frozen=True)
class DelegateApproval:
    """A role that one holds oneself, and who agrees in it instead. Instants are aware; without a start it is now.

    `to` is the other's address, `reference` the giver's own. It is in force from `starts_at` until before `ends_at`.
    """

    reference: str
    to: str
    role: str
    ends_at: datetime
    starts_at: datetime | None = None


@command(needs="approvals.delegate")
def delegate_approvals(ctx: Context, *, items: Sequence[DelegateApproval]) -> Batch:
    """Record each delegation. It counts while its giver holds the role, and never for what its giver asks for.

    Refuses `ReferenceMissing`, `AskerUnknown`, `RoleNotYours`, `DelegateUnknown`, `DelegateIsYourself`,
    `DelegateCannotAgree`, `PeriodInvalid`, `IdentityReused`. SQL: three look-ups, one write.
    """
    me = standing([ctx.actor], at=ctx.at).get(ctx.actor)
    others = users_by_email(emails=sorted({_address(item) for item in items}))
    earlier = {
        row.reference: row
        for row in db.rows(
            "SELECT id, reference, content_hash FROM approvals_delegation WHERE giver_id = %s"
            " AND reference = ANY(%s::text[])",
            [me.user_id if me else 0, sorted({item.reference for item in items})],
        )
    }
    told = {reference: (bytes(row.content_hash), row.id) for reference, row in earlier.items()}
    rows: list[dict[str, Any]] = []
    results: list[Done | Refused] = []
    for item in items:
        try:
            if me is None:
                raise rules.AskerUnknown(actor=ctx.actor[:80])
            results.append(_repeated(item, told) or _delegate(ctx, item, me, others.get(_address(item)), rows, told))
        except DomainError as error:
            results.append(Refused.of(item.reference[:80], error))
    db.insert(Delegation, sorted(rows, key=lambda row: str(row["reference"])))
    facts = [(row["id"], {"role": row["role"], "giver": row["giver_id"], "taker": row["taker_id"]}) for row in rows]
    emit(ctx, [Event(events.DELEGATION_BEGUN, delegation, facts=said) for delegation, said in facts])
    return Batch(results)


def _address(item: DelegateApproval) -> str:
    return item.to.strip().lower()


def _repeated(item: DelegateApproval, told: dict[str, tuple[bytes, int]]) -> Done | None:
    before = told.get(item.reference)
    if before is None:
        return None
    if before[0] != content_hash(item):
        raise IdentityReused(what="delegation", identity=item.reference)
    return Done(item.reference, {"delegation": before[1]}, replayed=True)


def _delegate(
    ctx: Context,
    item: DelegateApproval,
    me: Standing,
    other: UserRow | None,
    rows: list[dict[str, Any]],
    told: dict[str, tuple[bytes, int]],
) -> Done:
    require_reference(item.reference)
    if item.role not in me.roles:
        raise rules.RoleNotYours(role=item.role[:40])
    if other is None or not other.is_active:
        raise rules.DelegateUnknown(email=item.to[:80])
    if other.id == me.user_id:
        raise rules.DelegateIsYourself()
    if "approvals.decide" not in permissions_for(other.roles):
        raise rules.DelegateCannotAgree(email=other.email)
    starts = item.starts_at or ctx.at
    if not starts < item.ends_at <= starts + timedelta(hours=rules.HOURS_OF_DELEGATION_MAX) or item.ends_at <= ctx.at:
        raise rules.PeriodInvalid()
    row: dict[str, Any] = {
        "id": ctx.new_id(),
        "reference": item.reference,
        "content_hash": content_hash(item),
        "giver_id": me.user_id,
        "taker_id": other.id,
        "role": item.role,
        "starts_at": starts,
        "ends_at": item.ends_at,
        "given_at": ctx.at,
        "command_id": ctx.command_id,
    }
    rows.append(row)
    told[item.reference] = (row["content_hash"], row["id"])
    return Done(item.reference, {"delegation": row["id"]})
