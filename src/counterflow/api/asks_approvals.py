"""Questions of programs about approvals: what waits for whom, one request in full, and who stands in."""

from typing import Final

from counterflow.access.standing import standing
from counterflow.api.reading import Read
from counterflow.approvals import queries
from counterflow.approvals.queries import RequestRow, RequestView
from counterflow.kernel import clock


def approval_requests(
    *,
    actor: str,
    view: str = "all",
    state: str | None = None,
    act: str | None = None,
    command: str | None = None,
    role: str | None = None,
    asked_by: str | None = None,
    subject_id: int | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[RequestRow]:
    """Requests, the newest first: `for_me` (those one may agree to now), `mine`, or `all`."""
    now = clock.now()
    return queries.requests(
        who=queries.reader(actor, at=now),
        view=view,
        at=now,
        state=state,
        act=act,
        command=command,
        role=role,
        asked_by=asked_by,
        subject_id=subject_id,
        before_id=before_id,
        limit=limit,
    )


def approval_request(*, request_id: int, actor: str) -> RequestView:
    """One request in full; what was typed and noted is for who asked and for who may agree."""
    me = standing([actor], at=clock.now())[actor]
    return queries.seen_by(queries.request(request_id=request_id), user_id=me.user_id, permissions=me.permissions)


_FILTERS: Final = ("view", "state", "act", "command", "role", "asked_by", "subject_id")
APPROVALS: Final[list[Read]] = [
    Read(
        "/approval-requests",
        approval_requests,
        "approvals.view",
        "approvals",
        _FILTERS,
        ("before_id", "id"),
        actor="actor",
    ),
    Read("/approval-requests/{request_id}", approval_request, "approvals.view", "approvals", actor="actor"),
    Read("/delegations", queries.delegations, "approvals.view", "approvals", ("user_id",), ("before_id", "id")),
]
