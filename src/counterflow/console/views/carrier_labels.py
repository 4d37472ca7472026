"""Carriers' labels of a return: kept from a file, and handed out again to whoever may see an address."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from counterflow.console.page import act, page
from counterflow.desk.commands.keep_labels import KeepLabel, keep_labels
from counterflow.desk.labels import BYTES_MAX, LabelTooLarge, label_file


@page("logistics.plan")
@require_POST
def keep(request: HttpRequest, number: str) -> HttpResponseBase:
    """Keep the file of a form as a label, for a parcel where one was chosen."""
    file = request.FILES.get("label")
    carrier, _, tracking = request.POST.get("parcel", "").partition("\t")
    if file is None:
        messages.error(request, "Choose the file of the label.")
    elif (file.size or 0) > BYTES_MAX:
        messages.error(request, LabelTooLarge(most=BYTES_MAX, size=file.size or 0).message)
    else:
        item = KeepLabel(number, bytes(file.read()), carrier, tracking)
        act(request, "The label is kept.", lambda ctx: keep_labels(ctx, items=[item]))
    return redirect("return", number=number)


@page("orders.contact")
def read(request: HttpRequest, number: str, label_id: int) -> HttpResponseBase:
    """A label as a download; it never opens as a page of ours."""
    found = label_file(rma=number, label_id=label_id)
    answer = HttpResponse(found.body, content_type=found.content_type)
    answer["Content-Disposition"] = f'attachment; filename="{found.name}"'
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer
