"""What concerns the customer of one return: goods instead of money, the slip, and the messages."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from counterflow.catalog import queries as catalog
from counterflow.console import forms, forms_desk
from counterflow.console.downloads import pdf_answer
from counterflow.console.page import Staff, act, page, readable, render, signed_in
from counterflow.desk.commands.queue_messages import QueueMessage, queue_messages
from counterflow.desk.labels import carrier_labels
from counterflow.desk.letters import letters
from counterflow.desk.messages import messages
from counterflow.desk.routes import route
from counterflow.desk.slip import slip, slip_pdf
from counterflow.desk.told import letter_shown
from counterflow.kernel.commands import Batch
from counterflow.kernel.context import Context
from counterflow.logistics import queries as logistics
from counterflow.logistics.commands.announce_parcels import AnnounceParcel, announce_parcels
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
        "may_announce": who.may("logistics.plan"),
        "parcel_form": forms_desk.Parcel(),
        "labels": carrier_labels(rma=number),
        "route": route(rma=number),
        "parcels": logistics.parcels_of_rma(rma=number),
        **_writing(who, number, "opened"),
    }
    return render(request, "console/desk/customer.html", values)


@page("logistics.plan")
@require_POST
def announce(request: HttpRequest, number: str) -> HttpResponseBase:
    """Announce the parcel that a customer has told the tracking number of; it holds all that is still to be sent."""
    form = forms_desk.Parcel(request.POST)
    if readable(request, form):
        given = form.cleaned_data
        item = AnnounceParcel(
            given["carrier"].strip(), given["tracking"].strip(), number, node=slip(number=number).node
        )
        act(request, "The parcel is announced.", lambda ctx: announce_parcels(ctx, items=[item]))
    return redirect("return", number=number)


def _writing(who: Staff, number: str, template: str) -> dict[str, object]:
    """The log of messages, and a letter ready to be sent."""
    if not who.may("desk.write"):
        return {"may_write": False}
    address, subject, text = letter_shown(rma=number, template=template)
    return {
        "may_write": True,
        "messages": messages(rma=number),
        "letters": letters("en").values(),
        "template": template,
        "address": address,
        "subject": subject,
        "text": text,
        "to_files": not settings.EMAIL_HOST,
    }


@page("desk.write")
def letter(request: HttpRequest, number: str) -> HttpResponseBase:
    """A letter as it would go out; the form of a message asks for it when another is chosen."""
    values = {"number": number, **_writing(signed_in(request), number, request.GET.get("template", "")[:40])}
    return render(request, "console/desk/letter.html", values)


@page("desk.write")
@require_POST
def write(request: HttpRequest, number: str) -> HttpResponseBase:
    """Send a message: a letter as it is, or the agent's own words."""
    given = request.POST
    template = given.get("template", "")[:40]

    def run(ctx: Context) -> Batch:
        item = QueueMessage(
            f"console:{ctx.key}",
            number,
            template,
            given.get("subject", "").strip(),
            given.get("text", "").replace("\r\n", "\n").strip(),
            given.get("with_slip") == "1",
        )
        return queue_messages(ctx, items=[item])

    act(request, "The message goes out within a minute.", run)
    return redirect("return", number=number)


@page("returns.view")
def label(request: HttpRequest, number: str) -> HttpResponseBase:
    """The return slip as PDF."""
    found = slip(number=number)
    return pdf_answer(slip_pdf(found), found.rma)


@page("refunds.replace")
@require_POST
def ahead(request: HttpRequest, number: str) -> HttpResponseBase:
    """Order goods before the credit, with a reason."""
    form, line_no = forms.Reason(request.POST), request.POST.get("line_no", "")
    if readable(request, form) and line_no.isascii() and line_no.isdigit():
        reason, note = form.cleaned_data["reason"], request.POST.get("note", "").strip()[:2_000]
        act(
            request,
            "The goods are ordered; the customer owes for them until the credit comes.",
            lambda ctx: order_replacements(
                ctx, items=[OrderReplacement(f"console:{ctx.key}", number, int(line_no[:9]), ahead=reason, note=note)]
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
