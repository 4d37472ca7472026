"""Labels of licence plates: of one unit, and sheets of blank ones."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from counterflow.console import forms_receiving as forms
from counterflow.console.downloads import pdf_answer, safe_name
from counterflow.console.page import act, page, readable, render
from counterflow.kernel.commands import Batch
from counterflow.kernel.context import Context
from counterflow.receiving import labels, queries
from counterflow.receiving.commands.issue_plates import IssuePlates, issue_plates


@page("receiving.view")
def unit_label(request: HttpRequest, lpn: str, kind: str) -> HttpResponseBase:
    """The label of a unit, for printing again as well. `size` in the address chooses the roll."""
    unit = queries.unit(lpn=lpn).unit
    size = request.GET.get("size", "100x50")
    return _file([labels.label_of(unit)], kind, size if size in labels.SIZES else "100x50", lpn)


@page("receiving.receive")
def plates(request: HttpRequest) -> HttpResponseBase:
    """Print a batch of blank plates."""
    if request.method != "POST":
        return render(request, "console/receive/labels.html", {"form": forms.Plates()})
    form = forms.Plates(request.POST)
    if not readable(request, form):
        return render(request, "console/receive/labels.html", {"form": form}, status=422)
    given = form.cleaned_data
    issued: list[str] = []

    def issue(ctx: Context) -> Batch:
        batch = issue_plates(ctx, items=[IssuePlates(given["count"])])
        issued.extend(lpn for done in batch.done for lpn in done.facts["lpns"])
        return batch

    if not act(request, "The plates are issued.", issue):
        return redirect("labels")
    blank = [labels.Label(lpn) for lpn in issued]
    return _file(blank, given["kind"], given["size"], f"plates-{blank[0].lpn}")


def _file(wanted: list[labels.Label], kind: str, size: str, name: str) -> HttpResponse:
    """Labels as a file."""
    if kind == "zpl":
        answer = HttpResponse(labels.zpl(wanted, size=size), content_type="application/zpl; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{safe_name(name)}.zpl"'
        return answer
    return pdf_answer(labels.pdf(wanted, size=size), name)
