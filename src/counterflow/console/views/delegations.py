"""Standing in: who agrees for whom, in which role, from when until when."""

from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from counterflow.access import queries as access
from counterflow.access.roles import ROLES, permissions_for
from counterflow.approvals import queries
from counterflow.approvals.commands.delegate_approvals import DelegateApproval, delegate_approvals
from counterflow.approvals.commands.end_delegations import EndDelegation, end_delegations
from counterflow.approvals.queries import DelegationRow
from counterflow.console import cells
from counterflow.console.forms_approvals import Delegate
from counterflow.console.listing import CSV_ROWS_MAX, PAGE_SIZE, Column, Filter, asked, csv_answer, pages
from counterflow.console.page import Staff, act, page, readable, render, signed_in
from counterflow.kernel import clock

PEOPLE_MAX: Final = 500
FILTERS: Final = (Filter("whose", "Whose", [("mine", "By or to me")], first="mine"),)
COLUMNS: tuple[Column[DelegationRow], ...] = (
    Column("For", lambda d: cells.text(d.giver)),
    Column("Stands in", lambda d: cells.text(d.taker)),
    Column("Role", lambda d: cells.text(d.role)),
    Column("From", lambda d: cells.instant(d.starts_at)),
    Column("Until", lambda d: cells.instant(d.ends_at)),
    Column("Ended", lambda d: cells.instant(d.ended_at)),
)


@page("approvals.view")
def delegations(request: HttpRequest) -> HttpResponseBase:
    """Who stands in for whom; with the form for those who may let somebody stand in."""
    who, now = signed_in(request), clock.now()
    wanted = asked(request, FILTERS)
    whose = who.user_id if wanted.chosen.get("whose") else None

    def found(after: str | None, limit: int) -> list[DelegationRow]:
        return queries.delegations(user_id=whose, before_id=int(after) if after else None, limit=limit)

    if wanted.csv:
        return csv_answer("delegations", COLUMNS, pages(found, lambda row: str(row.id), most=CSV_ROWS_MAX))
    rows = found(wanted.after_id, PAGE_SIZE + 1)
    names = access.names_of(actor for row in rows for actor in (row.giver, row.taker))
    values = {
        "rows": [
            (row, names[row.giver], names[row.taker], _role(row.role), _state(row, now)) for row in rows[:PAGE_SIZE]
        ],
        "everybody": whose is None,
        "all_link": wanted.link(whose=""),
        "next_link": wanted.link(place=str(rows[PAGE_SIZE - 1].id)) if len(rows) > PAGE_SIZE else "",
        "form": _form(who) if who.may("approvals.delegate") else None,
        "me": who.user_id,
        "may_end_all": who.may("access.manage"),
    }
    return render(request, "console/approvals/delegations.html", values)


def _role(role: str) -> str:
    return ROLES[role].name if role in ROLES else role


def _state(row: DelegationRow, at: datetime) -> str:
    """In force, still to come, or over."""
    if row.in_force(at):
        return "in_force"
    return "planned" if row.ended_at is None and row.starts_at > at else "over"


def _form(who: Staff, data: Any = None) -> Delegate:
    """The form with those who could stand in, and the roles that whoever looks holds."""
    people = [
        (user.email, user.name)
        for user in access.users(active=True, limit=PEOPLE_MAX)
        if user.id != who.user_id and "approvals.decide" in permissions_for(user.roles)
    ]
    roles = [(role, _role(role)) for role in access.roles_of(who.user_id)]
    return Delegate(data, people=people, roles=roles)


@page("approvals.delegate")
@require_POST
def delegate(request: HttpRequest) -> HttpResponseBase:
    """Let a colleague stand in."""
    form = _form(signed_in(request), request.POST)
    if readable(request, form):
        given = form.cleaned_data
        act(
            request,
            "Recorded. The colleague agrees for you from then on.",
            lambda ctx: delegate_approvals(
                ctx,
                items=[
                    DelegateApproval(
                        f"console:{ctx.key}", given["to"], given["role"], given["ends_at"], given["starts_at"]
                    )
                ],
            ),
        )
    return redirect("delegations")


@page("approvals.delegate")
@require_POST
def delegation_end(request: HttpRequest, delegation_id: int) -> HttpResponseBase:
    """End it before its time."""
    act(request, "Ended.", lambda ctx: end_delegations(ctx, items=[EndDelegation(delegation_id)]))
    return redirect("delegations")
