"""Find by whatever is in one's hand: a plate, a return, an order, a tracking number, an item."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from counterflow.catalog import queries as catalog
from counterflow.console.page import page, signed_in
from counterflow.receiving import queries as receiving
from counterflow.returns import queries as returns


@page()
def find(request: HttpRequest) -> HttpResponseBase:
    """Go to the one thing that the words name; to the list of returns where they name several."""
    words, who = request.GET.get("q", "").strip()[:200], signed_in(request)
    plates = [words, words.upper()]
    if words and who.may("receiving.view") and (units := receiving.units_by_lpn(lpns=plates)):
        return redirect("unit", lpn=next(iter(units)))
    if words and who.may("returns.view"):
        found = returns.returns(search=words, limit=2)
        if len(found) == 1:
            return redirect("return", number=found[0].number)
        if found:
            return redirect(f"{reverse('returns')}?{urlencode({'q': words})}")
    if words and who.may("ledger.view") and (items := catalog.items_by_sku(skus=plates)):
        return redirect("stock_item", sku=next(iter(items)))
    if words:
        messages.warning(request, f"Nothing here is called {words}.")
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    """The page the question was asked on, if it is one of those that ask; else the first page."""
    asked_on = request.GET.get("on", "")
    return reverse(asked_on) if asked_on == "bench" else reverse("home")
