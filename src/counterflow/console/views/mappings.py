"""Channel mappings: words that came and mean nothing yet, mapped in one go; below, what every word means."""

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from counterflow.catalog import queries as catalog
from counterflow.catalog.commands import MapReason, map_reasons
from counterflow.console.master.words import MAPPINGS
from counterflow.console.page import act, page, signed_in
from counterflow.console.views.master import list_page
from counterflow.orders import queries as orders
from counterflow.orders.commands.map_adjustments import SOURCE, map_adjustments
from counterflow.returns.commands.decide_rmas import DecideRma, decide_rmas
from counterflow.returns.unmapped import settled_by_mapping, unmapped_words

SHOWN = 60
DECIDED_AT_ONCE = 1_000


@page(MAPPINGS.view)
def mappings(request: HttpRequest) -> HttpResponseBase:
    """What waits for a meaning first, then the list of meanings. POST maps what was chosen."""
    who = signed_in(request)
    if request.method == "POST":
        return _mapped(request)
    if {"format", "place"} & set(request.GET):
        return list_page(request, MAPPINGS)
    words = unmapped_words()
    ready = settled_by_mapping(words)
    more = {
        "words": [word for word in words if not word.means][:SHOWN],
        "texts": orders.unmapped_adjustments(limit=SHOWN),
        "source": SOURCE,
        "reasons": catalog.reasons(kind="return", active=True),
        "adjustments": catalog.reasons(kind="adjustment", active=True),
        "ready": len(ready),
        "may_decide": who.may("returns.decide"),
    }
    return list_page(request, MAPPINGS, "console/master/mappings.html", **more)


def _mapped(request: HttpRequest) -> HttpResponseBase:
    who, here = signed_in(request), redirect("master_mappings")
    if "approve" in request.POST:
        if who.may("returns.decide"):
            _approved(request)
        return here
    if not who.may(MAPPINGS.edit):
        messages.error(request, "Mapping a word needs the permission to change the catalog.")
        return here
    fields = (request.POST.getlist(name) for name in ("source", "text", "kind", "code"))
    items = [MapReason(s, t, k, c) for s, t, k, c in zip(*fields, strict=False) if c]
    if not items:
        messages.error(request, "Choose a code for at least one word.")
        return here
    if act(request, "{count} words mapped.", lambda ctx: map_reasons(ctx, items=items)) and any(
        item.source == SOURCE for item in items
    ):
        _adjusted(request)
    return here


def _adjusted(request: HttpRequest) -> None:
    """Give adjustments in the books the meanings that were just told, where the reader's role does that."""
    if signed_in(request).may("orders.record"):
        act(request, "Stock adjustments took their reasons.", lambda ctx: map_adjustments(ctx))
    else:
        messages.info(request, "Stock adjustments that are in the books take their reasons with the next import.")


def _approved(request: HttpRequest) -> None:
    ready = list(settled_by_mapping(unmapped_words()).items())[:DECIDED_AT_ONCE]
    if not ready:
        messages.info(request, "No return waits for that any more.")
        return
    items = [DecideRma(rma, approve=True, reason=code) for rma, code in ready]
    act(request, "{count} returns approved; their cases are closed.", lambda ctx: decide_rmas(ctx, items=items))
