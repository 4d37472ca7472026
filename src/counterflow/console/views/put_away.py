"""The put-away station: scan a unit, see where policy sends it and why, scan the tote that confirms."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_POST

from counterflow.console import forms_recovery
from counterflow.console.page import context, page, render, signed_in
from counterflow.console.put_away_acts import Hand, read, take
from counterflow.console.reasons import offer
from counterflow.console.simulated import notices
from counterflow.console.station import NODE
from counterflow.console.stories import damage_words
from counterflow.kernel import clock
from counterflow.ledger import queries as ledger
from counterflow.receiving import queries
from counterflow.receiving.queries_station import next_step, totes_for
from counterflow.receiving.states import Unit


@page("receiving.dispose")
def put_away(request: HttpRequest) -> HttpResponseBase:
    """The station, with the unit that the address names in hand."""
    return render(request, "console/recovery/put_away.html", _values(request, read(request.GET)))


@page("receiving.dispose")
@require_POST
def put_away_scan(request: HttpRequest) -> HttpResponseBase:
    """Take one scan or letter; answer with the whole bench."""
    texts = [text for text in request.POST.getlist("scan") if text.strip()]
    hand = read(request.POST)
    hand = take(context(request), hand, texts[-1]) if texts else hand
    values = _values(request, hand)
    if request.headers.get("HX-Request"):
        return HttpResponse(render_to_string("console/recovery/put_away_bench.html", values, request))
    return render(request, "console/recovery/put_away.html", values)


def _values(request: HttpRequest, hand: Hand) -> dict[str, Any]:
    who = signed_in(request)
    step = next_step(lpn=hand.lpn, at=clock.now(), disposition=hand.send) if hand.lpn else None
    unit = step.file.unit if step else queries.unit(lpn=hand.lpn).unit if hand.lpn else None
    put = unit is not None and step is None and unit.state in (Unit.DISPOSED, Unit.SET_APART)
    ready = queries.inspected(node=request.session.get(NODE, "")) if unit is None else []
    carried = {name: value for name, value in hand.addressed.items() if value}
    elsewhere = forms_recovery.Elsewhere(initial={"send": hand.send, "why": hand.why, "note": hand.note})
    if step is not None and who.may("receiving.override"):
        offer((elsewhere, "why", "override"))
    return {
        "hand": hand,
        "signal": hand.signal,
        "carried": hand.carried,
        "step": step,
        "unit": unit,
        "value_minor": unit.cost_minor + unit.allowance_minor if unit else 0,
        "damage": damage_words(unit.damage_code) if unit else "",
        "totes": step.totes if step else totes_for(node=unit.node, purpose=unit.disposition) if unit and put else [],
        "put": put,
        "approve": step is not None and step.needs_approval and not who.may("receiving.approve"),
        "may_override": who.may("receiving.override"),
        "may_undo": bool(hand.last),
        "elsewhere": elsewhere,
        "ready": ready,
        "address": reverse("put_away") + (f"?{urlencode(carried)}" if carried else ""),
        "simulated": notices(ledger.simulated(), marked=bool(unit and unit.simulated)),
        "staff": who,
    }
