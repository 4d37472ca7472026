"""The first page: what waits for whoever signed in, by role."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse

from counterflow.access import queries as access
from counterflow.access.roles import ROLES
from counterflow.approvals import queries as approvals
from counterflow.console.homes.late import late_tile, with_clocks
from counterflow.console.homes.parts import Home, Tile, address, waits
from counterflow.console.homes.table import HOMES, homes_of
from counterflow.console.page import Staff, page, render, signed_in
from counterflow.console.simulated import notices
from counterflow.kernel import clock
from counterflow.ledger import queries as ledger
from counterflow.receiving.queries import units_value
from counterflow.workqueue import queries as workqueue
from counterflow.workqueue.kinds import hidden_from

MINE_MAX = 8


@page()
def home(request: HttpRequest) -> HttpResponseBase:
    """The home of one of this user's roles, and the cases in this user's hands."""
    who = signed_in(request)
    roles = access.roles_of(who.user_id)
    offered = homes_of(roles)
    first = next((role for role in offered if role in roles), "")
    asked = request.GET.get("as", "")
    shown = asked if asked in offered else "administrator" if "administrator" in roles else first
    values = {
        "roles": ", ".join(ROLES[code].name for code in roles if code in ROLES),
        "shown": shown,
        "homes": [(code, ROLES[code].name) for code in offered] if len(offered) > 1 else [],
        "home": _with_approvals(who, with_clocks(HOMES[shown](who), who, shown) if shown else Home()),
        "simulated": notices(ledger.simulated()),
        "mine": workqueue.cases(assignee=who.actor, hidden=hidden_from(who.may), limit=MINE_MAX)
        if who.may("workqueue.view")
        else [],
    }
    return render(request, "console/home.html", values)


def _with_approvals(who: Staff, found: Home) -> Home:
    """A home with how many requests wait for whoever looks, where they may agree to any. One statement."""
    if not who.may("approvals.decide"):
        return found
    count = approvals.waiting_for(who.user_id, at=clock.now())
    shown = f"{count:,}+" if count == approvals.COUNTED_MAX else f"{count:,}"
    tile = Tile("Waits for your agreement", shown, "Acts that others asked for", address("approvals"), waits(count))
    return replace(found, tiles=[tile, *found.tiles])


@page("ledger.view")
def tie_out(request: HttpRequest) -> HttpResponseBase:
    """Whether stock and books agree, as a figure: it reads every balance, so a home asks for it afterwards."""
    rows = ledger.tie_out(units=units_value())
    apart = sum(row.difference_minor != 0 for row in rows)
    words = f"{apart} of {len(rows)} states differ" if apart else f"{len(rows)} states, difference 0"
    tile = Tile("Tie-out", "Differs" if apart else "Ties", words, reverse("tie_out"), "stop" if apart else "good")
    return HttpResponse(render_to_string("console/parts/tile.html", {"tile": tile}, request))


@page("clocks.view")
def late(request: HttpRequest) -> HttpResponseBase:
    """What is late, of all that waits, as a figure that a home asks for afterwards."""
    return HttpResponse(render_to_string("console/parts/tile.html", {"tile": late_tile()}, request))
