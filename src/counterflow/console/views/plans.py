"""Inspection plans: which there are, one in words, its versions, and where inspectors differ from it."""

from datetime import timedelta
from typing import Any, Final

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from counterflow.console.page import page, render
from counterflow.kernel import clock
from counterflow.kernel.found import id_of
from counterflow.receiving import queries_inspection as queries
from counterflow.receiving.rules_plans import SERIAL, Plan, in_words

DIFFERS_DAYS: Final = 90
KINDS: Final = {
    "choice": "one of",
    "yes_no": "yes or no",
    "number": "a number",
    "code": "a code",
    "serial": "a scan of the serial number",
}


@page("policies.view")
def plans(request: HttpRequest) -> HttpResponseBase:
    """The plans in force, the families they are for, and where inspectors differ from them."""
    since = clock.now() - timedelta(days=DIFFERS_DAYS)
    values = {"plans": queries.plans(), "differing": queries.differing(since=since), "days": DIFFERS_DAYS}
    return render(request, "console/plans/list.html", values)


@page("policies.view")
def plan(request: HttpRequest, code: str) -> HttpResponseBase:
    """One version of a plan in words, with its other versions beside it."""
    asked = request.GET.get("version", "")
    found = queries.plan_version(code=code, version=id_of(asked[:9]) or 0)
    if found is None:
        raise Http404(f"There is no plan {code[:60]}.")
    shown, _ = found
    versions = queries.plans(code=code)
    row = next(each for each in versions if each.version == shown.version)
    return render(request, "console/plans/one.html", {"row": row, "versions": versions, **_in_words(shown)})


def _in_words(shown: Plan) -> dict[str, Any]:
    return {
        "plan": shown,
        "questions": [
            {
                "asked": question,
                "kind": KINDS[question.kind],
                "choices": [words for _, words in question.choices],
                "only": in_words(shown, question.shown_if),
            }
            for question in shown.questions
        ],
        "photos": [{"wish": wish, "only": in_words(shown, wish.when)} for wish in shown.photos],
        "checks": [{"check": check, "serial": check.question == SERIAL} for check in shown.checks],
        "rows": [{"row": row, "when": in_words(shown, row.when)} for row in shown.grades],
    }
