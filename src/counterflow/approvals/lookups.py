"""What agreeing has to know, read under lock."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.kernel.context import Context, Rank

_REQUESTS = """
SELECT r.*, p.body ->> 'item' AS item FROM approvals_request r LEFT JOIN kernel_payload p ON p.id = r.payload_id
WHERE r.id = ANY(%s::bigint[]) ORDER BY r.id FOR NO KEY UPDATE OF r
"""
_SAID = """
SELECT a.request_id, a.user_id, a.verdict, a.on_behalf_of_id FROM approvals_agreement a
WHERE a.request_id = ANY(%s::bigint[]) ORDER BY a.id
"""
_DELEGATED = """
SELECT d.giver_id, d.role FROM approvals_delegation d
JOIN access_user u ON u.id = d.giver_id AND u.is_active
JOIN access_grant g ON g.user_id = d.giver_id AND g.role = d.role
WHERE d.taker_id = %s AND d.starts_at <= %s AND d.ends_at > %s AND d.ended_at IS NULL ORDER BY d.id
"""


@dataclass
class RequestNow:
    """A request as it runs through a batch. `item` is JSON text, None once it was erased.

    `said` are verdicts by user; `persons` all who agreed or for whom somebody did; `seats` how many agreed.
    """

    row: Any
    state: str
    open_roles: list[str]
    said: dict[int, str] = field(default_factory=dict)
    persons: set[int] = field(default_factory=set)
    seats: int = 0

    @property
    def id(self) -> int:
        """Its id."""
        return int(self.row.id)


def lock_requests(ctx: Context, request_ids: Collection[int]) -> dict[int, RequestNow]:
    """Requests under lock, with who said what to them. Two statements."""
    wanted = sorted(set(request_ids))
    found = {
        row.id: RequestNow(row, row.state, list(row.open_roles))
        for row in db.lock(ctx, Rank.APPROVAL, _REQUESTS, [wanted])
    }
    for said in db.rows(_SAID, [wanted]):
        request = found[said.request_id]
        request.said[said.user_id] = said.verdict
        request.persons |= {said.user_id, said.on_behalf_of_id} - {None}
        request.seats += said.verdict == "agree"
    return found


def delegated_to(user_id: int, *, at: datetime) -> list[tuple[int, str]]:
    """For whom somebody stands in now, in which role: those who hold it themselves. One statement."""
    return [(row.giver_id, row.role) for row in db.rows(_DELEGATED, [user_id, at, at])]


def lock_delegated(ctx: Context, user_id: int) -> list[tuple[int, str]]:
    """The same, and none of it is ended before the command is over."""
    found = db.lock(ctx, Rank.APPROVAL, f"{_DELEGATED} FOR SHARE OF d", [user_id, ctx.at, ctx.at])
    return [(row.giver_id, row.role) for row in found]
