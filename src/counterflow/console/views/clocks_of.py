"""The clocks of one return or one case, in words; and waiting for the customer, from there."""

from datetime import timedelta

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from counterflow.clocks import queries
from counterflow.clocks.commands.pause_clocks import PauseClock, pause_clocks
from counterflow.clocks.commands.resume_clocks import ResumeClock, resume_clocks
from counterflow.clocks.pausing import REASONS
from counterflow.clocks.queries import ClockRow
from counterflow.console.clock_words import explained
from counterflow.console.forms_clocks import PauseForm
from counterflow.console.page import Staff, act, page, readable, render, signed_in
from counterflow.console.views.photos import require_seen
from counterflow.kernel import clock as wall
from counterflow.kernel.commands import Batch
from counterflow.kernel.context import Context
from counterflow.policies import queries as policies


def _values(who: Staff, rows: list[ClockRow], pauses: list[queries.PauseTold]) -> dict[str, object]:
    now = wall.now()
    decided = (
        policies.decisions(subject_ids=sorted({r.subject_id for r in rows}), kind="sla", limit=200) if rows else []
    )
    told = explained(rows, queries.time_left(rows, at=now), decided)
    active = next((pause for pause in pauses if pause.active(now)), None)
    pausable = any(row.what.pausable and row.stopped_at is None for row in rows)
    return {
        "running": [t for t in told if t.row.stopped_at is None],
        "ended": [t for t in told if t.row.stopped_at is not None],
        "pause": active,
        "pause_words": REASONS.get(active.reason, active.reason) if active else "",
        "form": PauseForm() if pausable and active is None and who.may("workqueue.work") else None,
        "may_resume": active is not None and who.may("workqueue.work") and not active.request_ref.startswith("snooze:"),
    }


@page("clocks.view")
def return_clocks(request: HttpRequest, number: str) -> HttpResponseBase:
    """The clocks of a return; its page loads them last."""
    now = wall.now()
    rows, pauses = queries.clocks_of_rma(rma=number, at=now), queries.pauses(rma=number)
    values = {"number": number, **_values(signed_in(request), rows, pauses)}
    return render(request, "console/clocks/of_return.html", values)


@page("clocks.view")
def case_clocks(request: HttpRequest, case_id: int) -> HttpResponseBase:
    """The clock of a case and those for which it stands; its page loads them last."""
    require_seen(request, "case", case_id)
    rows, pauses = queries.clocks_of_case(case_id=case_id, at=wall.now()), queries.pauses(case_id=case_id)
    values = {"case_id": case_id, **_values(signed_in(request), rows, pauses)}
    return render(request, "console/clocks/of_case.html", values)


@page("workqueue.work")
@require_POST
def return_pause(request: HttpRequest, number: str) -> HttpResponseBase:
    """Wait for the customer of a return."""
    form = PauseForm(request.POST)
    if readable(request, form):
        given = form.cleaned_data

        def run(ctx: Context) -> Batch:
            until = ctx.at + timedelta(days=given["days"])
            return pause_clocks(ctx, items=[PauseClock(f"console:{ctx.key}", given["reason"], number, until=until)])

        act(request, "The clocks of this return stand still.", run)
    return redirect("return", number=number)


@page("workqueue.work")
@require_POST
def return_resume(request: HttpRequest, number: str) -> HttpResponseBase:
    """Go on, because the customer has answered."""
    pause = request.POST.get("pause", "")[:200]
    act(request, "The clocks go on.", lambda ctx: resume_clocks(ctx, items=[ResumeClock(pause)]))
    return redirect("return", number=number)
