"""The kinds of cases, for people: what each means, who works it, what is done, what helps and how it ends."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from counterflow.console.case_lists import role_name
from counterflow.console.page import page, render
from counterflow.workqueue.guides import ACTIONS
from counterflow.workqueue.kinds import KINDS, QUEUES


@page("workqueue.view")
def case_kinds(request: HttpRequest) -> HttpResponseBase:
    """Every kind of case, by queue."""
    rows = [(kind, kind.severity.name.lower(), role_name(kind.owner_role)) for kind in KINDS.values()]
    by_queue = [
        (queue, [(*row, [ACTIONS[code] for code in row[0].guide.actions]) for row in rows if row[0].queue == queue])
        for queue in QUEUES
    ]
    return render(request, "console/cases/kinds.html", {"queues": by_queue})
