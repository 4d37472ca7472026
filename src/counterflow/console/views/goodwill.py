"""Goodwill: what may be granted on an order, what a grant would come to and be posted as, and the grant."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from counterflow.console.forms_goodwill import Goodwill, Shown, rate_of
from counterflow.console.page import act, page, readable, render
from counterflow.kernel.commands import Batch
from counterflow.kernel.context import Context
from counterflow.refunds.commands.grant_goodwill import GrantGoodwill, grant_goodwill
from counterflow.refunds.goodwill import GoodwillFile, goodwill_file
from counterflow.refunds.rules import convert


def _file(channel: str, order: str) -> GoodwillFile:
    return goodwill_file(channel=channel, order=order, percent=settings.GOODWILL_PERCENT_MAX)


@page("refunds.compensate")
def goodwill(request: HttpRequest) -> HttpResponseBase:
    """What may be granted on an order, with the form; it asks for itself again with every choice."""
    given = request.GET
    file, typed = _file(given.get("channel", ""), given.get("order", "")), "amount" in given
    usual = {"method": "original" if file.room.by_tender else "store_credit"}
    form = Goodwill(given if typed else None, file=file, initial=usual)
    shown = _shown(form, file) if typed and form.is_valid() else None
    values = {"file": file, "form": form, "shown": shown, "rma": given.get("rma", "")[:80]}
    return render(request, "console/goodwill/one.html", values)


def _shown(form: Goodwill, file: GoodwillFile) -> Shown:
    """What the command would do, read without lock."""
    amount, method, rate = form.cleaned_data["amount"], form.cleaned_data["method"], rate_of(form)
    booked = amount if not file.needs_rate else convert(amount, file.currency, file.functional, rate) if rate else None
    problem = ""
    if amount > file.room.left:
        problem = "over"
    elif method == "original" and amount > file.room.by_tender:
        problem = "tender"
    elif booked is None:
        problem = "rate"
    return Shown(amount, booked, method, problem)


@page("refunds.compensate")
@require_POST
def grant(request: HttpRequest) -> HttpResponseBase:
    """Grant it."""
    given = request.POST
    file, rma = _file(given.get("channel", ""), given.get("order", "")), given.get("rma", "")[:80]
    form = Goodwill(given, file=file)
    if readable(request, form):
        chosen = form.cleaned_data

        def run(ctx: Context) -> Batch:
            item = GrantGoodwill(
                f"console:{ctx.key}",
                chosen["amount"],
                chosen["reason"],
                rma=rma,
                channel="" if rma else file.channel,
                order="" if rma else file.order,
                method=chosen["method"],
                rate=rate_of(form),
            )
            return grant_goodwill(ctx, items=[item])

        act(request, "Goodwill granted.", run)
    return redirect("return", number=rma) if rma else redirect(reverse("order", args=[file.channel, file.order]))
