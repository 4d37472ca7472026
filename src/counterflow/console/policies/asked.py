"""Whether others were asked to let a version begin or end, and what became of it: what its page says above its
buttons."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from counterflow.access import queries as access
from counterflow.approvals import queries
from counterflow.approvals.queries import RequestView
from counterflow.console import approval_words
from counterflow.console.stories import who_words
from counterflow.policies.queries_versions import VersionFile
from counterflow.policies.states import Version

ACTS: Final = {Version.APPROVED: ("policy_activation", "begin"), Version.ACTIVE: ("policy_end", "end")}
"""What others may be asked for in which state: the act of the approval table, and its verb."""
AGAIN: Final = "It can be asked for again."


@dataclass(frozen=True)
class Asked:
    """The latest request about a version: whether it waits still, and what to say about it. `tone` is a notice's."""

    request_id: int
    waits: bool
    tone: str
    text: str


def asked_about(found: VersionFile, now: datetime) -> Asked | None:
    """The latest request to let a version begin or end, as long as it has not. At most five statements."""
    act, verb = ACTS.get(Version(found.state), ("", ""))
    rows = queries.requests(subject_id=found.id, act=act, limit=1) if act else []
    if not rows:
        return None
    view = queries.request(request_id=rows[0].id)
    if queries.is_waiting(rows[0], at=now):
        needs = approval_words.roles(view.request.open_roles)
        return Asked(view.request.id, True, "wait", f"It {verb}s when others agree. Has to agree: {needs}.")
    told = _over(view, verb)
    return Asked(view.request.id, False, "stop", f"{told} {AGAIN}") if told else None


def _over(view: RequestView, verb: str) -> str:
    """How a request ended without anything being done; nothing where whoever asked wants it no more."""
    if view.request.state == "refused":
        said = view.agreements[-1]
        who = who_words(said.actor, access.names_of([said.actor]))
        return f"{who} refused to let it {verb}: {said.reason.replace('_', ' ')}."
    if view.request.state == "overtaken":
        return f"All agreed, and it could not {verb}. {approval_words.outcome(view)}"
    return f"Nobody agreed in time to let it {verb}." if view.request.state in ("waiting", "expired") else ""
