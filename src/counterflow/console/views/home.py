"""The first page: what waits for whoever signed in."""

from collections import defaultdict

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from counterflow.access import queries as access
from counterflow.access.roles import ROLES
from counterflow.console import navigation
from counterflow.console.page import page, render, signed_in
from counterflow.console.simulated import notices
from counterflow.ledger import queries as ledger
from counterflow.workqueue import queries as workqueue

MINE_MAX = 8


@page()
def home(request: HttpRequest) -> HttpResponseBase:
    """Queues of this user's roles, cases in this user's hands, rooms that are open."""
    who = signed_in(request)
    roles = access.roles_of(who.user_id)
    rooms = [link for group in navigation.allowed(who.permissions) for link in group.links if link.text]
    sees_cases = who.may("workqueue.view")
    values = {
        "roles": ", ".join(ROLES[code].name for code in roles if code in ROLES),
        "rooms": rooms,
        "simulated": notices(ledger.simulated()),
        "queues": _queues(roles) if sees_cases else [],
        "mine": workqueue.cases(assignee=who.actor, limit=MINE_MAX) if sees_cases else [],
    }
    return render(request, "console/home.html", values)


def _queues(roles: tuple[str, ...]) -> list[workqueue.QueueCount]:
    """What waits in the queues of these roles, by name; one statement a role."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for role in roles:
        for queue in workqueue.queues(owner_role=role):
            for place, more in enumerate((queue.open, queue.critical, queue.unassigned)):
                sums[queue.queue][place] += more
    return [workqueue.QueueCount(name, *counts) for name, counts in sorted(sums.items())]
