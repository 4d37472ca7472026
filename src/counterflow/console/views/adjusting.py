"""Correct one place of stock: first what would be posted, then the posting."""

from uuid import uuid4

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from counterflow.console import forms_counts
from counterflow.console.badges import badge
from counterflow.console.nodes import node_choices
from counterflow.console.page import act, page, render
from counterflow.console.reasons import offer
from counterflow.console.simulated import notices
from counterflow.facilities import queries as facilities
from counterflow.kernel.errors import DomainError
from counterflow.ledger import queries as ledger
from counterflow.reconciliation.commands.adjust_stock import AdjustStock, adjust_stock, require_sound
from counterflow.reconciliation.lookups_adjusting import Preview, preview

ASKED = ("sku", "node", "from_state", "to_state")


@page("ledger.adjust")
def stock_adjust(request: HttpRequest) -> HttpResponseBase:
    """A form; what it would post; and, once that was seen, the posting."""
    nodes = node_choices(facilities.nodes(active=True))
    first = {"reference": f"adjust-{uuid4().hex[:12]}", "from_state": "available", "to_state": "unexplained"}
    first |= {name: request.GET[name][:100] for name in ASKED if name in request.GET}
    form = forms_counts.Adjust(request.POST or None, nodes=nodes, initial=first)
    offer((form, "reason", "adjustment"))
    shown: Preview | None = None
    item: AdjustStock | None = None
    if form.is_valid():
        item = AdjustStock(**form.cleaned_data)
        try:
            require_sound(item)
            shown = preview(item)
        except DomainError as error:
            form.add_error(None, error.message)
        if shown and "post" in request.POST:
            made = item
            if act(request, "Adjusting entry posted.", lambda ctx: adjust_stock(ctx, items=[made])):
                return redirect("stock_item", sku=item.sku)
    values = {
        "form": form,
        "preview": shown,
        "item": item,
        "ends": [badge("stock", item.from_state), badge("stock", item.to_state)] if item else [],
        "gone": bool(item and item.to_state == "unexplained"),
        "found": bool(item and item.from_state == "unexplained"),
        "simulated": notices(ledger.simulated()),
    }
    return render(request, "console/inventory/adjust.html", values, status=422 if form.errors else 200)
