"""What concerns the customer of one return: goods instead of money, the slip, and the messages."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from counterflow.catalog import queries as catalog
from counterflow.console import forms
from counterflow.console.page import act, page, readable, render, signed_in
from counterflow.refunds import queries as refunds
from counterflow.refunds.commands.cancel_replacements import CancelReplacement, cancel_replacements
from counterflow.refunds.commands.order_replacements import OrderReplacement, order_replacements


@page("returns.view")
def customer(request: HttpRequest, number: str) -> HttpResponseBase:
    """Goods, slip and messages of a return; its page loads them last."""
    who = signed_in(request)
    values = {
        "number": number,
        "goods": refunds.goods_lines(rma=number),
        "replacements": refunds.replacements(rma=number),
        "overrides": catalog.reasons(kind="override"),
        "may_replace": who.may("refunds.replace"),
        "may_ahead": who.may("refunds.replace") and who.may("policies.override"),
    }
    return render(request, "console/desk/customer.html", values)


@page("refunds.replace")
@require_POST
def ahead(request: HttpRequest, number: str) -> HttpResponseBase:
    """Order goods before the credit, with a reason."""
    form, line_no = forms.Reason(request.POST), request.POST.get("line_no", "")
    if readable(request, form) and line_no.isascii() and line_no.isdigit():
        reason = form.cleaned_data["reason"]
        act(
            request,
            "The goods are ordered; the customer owes for them until the credit comes.",
            lambda ctx: order_replacements(
                ctx, items=[OrderReplacement(f"console:{ctx.key}", number, int(line_no[:9]), ahead=reason)]
            ),
        )
    return redirect("return", number=number)


@page("refunds.replace")
@require_POST
def cancel_goods(request: HttpRequest, number: str) -> HttpResponseBase:
    """Cancel goods that have not left."""
    form = forms.Reason(request.POST)
    if readable(request, form):
        item = CancelReplacement(
            request.POST.get("channel", ""), request.POST.get("order", ""), form.cleaned_data["reason"]
        )
        act(request, "The goods are cancelled.", lambda ctx: cancel_replacements(ctx, items=[item]))
    return redirect("return", number=number)
