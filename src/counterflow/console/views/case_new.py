"""Open a case by hand: what it is, what it is about, and what is at risk."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from counterflow.console import forms_cases
from counterflow.console.page import context, page, render
from counterflow.desk.commands.raise_cases import RaiseCase, raise_cases
from counterflow.kernel.commands import Batch
from counterflow.kernel.errors import DomainError


@page("workqueue.work")
def case_new(request: HttpRequest) -> HttpResponseBase:
    """The form, filled by the address (`about`, `number`, `kind`), and opening it; a refusal keeps what was typed."""
    if request.method != "POST":
        first = {name: request.GET.get(name, "")[:80] for name in ("about", "number", "kind")}
        form = forms_cases.NewCase(initial={name: value for name, value in first.items() if value})
        return render(request, "console/cases/new.html", {"form": form})
    form = forms_cases.NewCase(request.POST)
    if form.is_valid():
        given, ctx = form.cleaned_data, context(request)
        item = RaiseCase(
            given["kind"],
            given["about"],
            given["number"],
            f"by_hand:{ctx.key}",
            given["note"],
            given["amount"],
            given["currency"] if given["amount"] is not None else "",
        )
        try:
            batch = raise_cases(ctx, items=[item])
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            if batch.done:
                return redirect("case", case_id=batch.done[0].facts["case_id"])
            form.add_error(_field_of(batch), batch.refused[0].message)
    return render(request, "console/cases/new.html", {"form": form}, status=422)


def _field_of(batch: Batch) -> str | None:
    """Which field a refusal is about."""
    return {"about_missing": "number", "about_several": "number"}.get(batch.refused[0].code)
