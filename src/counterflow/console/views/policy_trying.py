"""Trying facts on a policy, comparing two versions, and carrying a table out as a file."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from counterflow.console.page import page, render, signed_in
from counterflow.console.policies import shown
from counterflow.console.policies.trying import PREFIX, Given, fields_of, read
from counterflow.console.views.policies import frame, require_kind
from counterflow.kernel.errors import DomainError, NotFound
from counterflow.kernel.found import id_of
from counterflow.kernel.sheets import csv_text
from counterflow.policies import queries as policies
from counterflow.policies import queries_versions as queries
from counterflow.policies.comparing import compare
from counterflow.policies.exchange import csv_rows, model_for_others
from counterflow.policies.explaining import try_facts
from counterflow.policies.facts import ADDED_UP, FACTS
from counterflow.policies.queries_versions import VersionFile
from counterflow.policies.tables import Table
from counterflow.returns.page import return_page


@page("policies.view")
def policy_try(request: HttpRequest, kind: str, version: int) -> HttpResponseBase:
    """Facts tried on a version: the row that answers, and for every other row what did not hold."""
    require_kind(kind)
    found = queries.version_of(kind=kind, version=version)
    given, source = asked_facts(request, kind)
    values = {**frame(found), **tried(found.read_table(), given), **source, "fields": given.fields}
    return render(request, "console/policies/try.html", values)


@page("policies.view")
def policy_compare(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Two versions of a kind side by side, and the same facts asked of both."""
    require_kind(kind)
    rows = queries.shelf(kind=kind)
    if not rows:
        raise Http404(f"There is no version of {kind} yet.")
    numbers = [row.version for row in rows]
    before = id_of(request.GET.get("before", "")[:9]) or (numbers[1] if len(numbers) > 1 else numbers[0])
    after = id_of(request.GET.get("after", "")[:9]) or numbers[0]
    old, new = (queries.version_of(kind=kind, version=each) for each in (before, after))
    given, source = asked_facts(request, kind)
    answers = [(each, tried(each.read_table(), given)) for each in (old, new)]
    found = compare(old.read_table(), new.read_table())
    values = {
        **frame(new),
        **source,
        "rows": rows,
        "kept": {"before": old.version, "after": new.version},
        "old": old,
        "new": new,
        "changes": shown.shown_changes(kind, found),
        "columns": {"added": found.columns_added, "removed": found.columns_removed},
        "answers": answers,
        "differ": len({orjson.dumps(_said(each), option=orjson.OPT_SORT_KEYS) for _, each in answers}) > 1,
        "fields": given.fields,
    }
    return render(request, "console/policies/compare.html", values)


def _said(answer: Mapping[str, Any]) -> Any:
    trial = answer.get("trial")
    return dict(trial.outcome) if trial else answer.get("refused", "")


@page("policies.view")
def policy_export(request: HttpRequest, kind: str, version: int, form: str) -> HttpResponseBase:
    """A version as a file: our compact form with its examples, a JSON Decision Model, or CSV."""
    require_kind(kind)
    found = queries.version_of(kind=kind, version=version)
    name = f"{kind}-{version}"
    if form == "csv":
        answer: HttpResponseBase = StreamingHttpResponse(
            csv_text(csv_rows(found.read_table())), content_type="text/csv; charset=utf-8"
        )
    elif form in ("json", "jdm.json"):
        answer = HttpResponse(_document(found, form), content_type="application/json")
    else:
        raise Http404(f"A policy is no {form[:20]}; it is json, jdm.json or csv.")
    answer["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return answer


def _document(found: VersionFile, form: str) -> bytes:
    whole = {"table": found.table, "examples": list(found.examples)}
    shown_as = whole if form == "json" else model_for_others(found.read_table())
    return orjson.dumps(shown_as, option=orjson.OPT_INDENT_2)


def asked_facts(request: HttpRequest, kind: str, number: str = "") -> tuple[Given, dict[str, Any]]:
    """The facts that the address says; else those of a decision: of the return that is named, or the newest."""
    if any(name.startswith(PREFIX) for name in request.GET):
        return read(kind, request.GET.dict()), {"number": ""}
    number = number or request.GET.get("return", "").strip()[:80]
    told: dict[str, Any] = {"number": number}
    decision, facts = None, {}
    try:
        subjects = _subjects(request, number) if number else None
        decision = next(iter(policies.decisions(subject_ids=subjects, kind=kind, limit=1)), None)
    except NotFound as error:
        told["not_found"] = error.message
    if decision is not None:
        known = {fact.name for fact in FACTS[kind]}
        facts = {name: value for name, value in decision.facts.items() if name in known}
        told["decision"] = decision
    elif number and "not_found" not in told:
        told["not_found"] = f"No {kind.replace('_', ' ')} decision is on record for {number}."
    fields = fields_of(kind, facts)
    return read(kind, {field.name: field.text for field in fields}), told


def _subjects(request: HttpRequest, number: str) -> list[int]:
    """What decisions about a return are about: itself, its lines, its units. Raises `RmaNotFound`."""
    if not signed_in(request).may("returns.view"):
        return []
    found = return_page(number=number)
    units = [unit.id for line in found.lines for unit in line.units]
    return sorted({found.id, *(line.id for line in found.lines), *units})


def tried(table: Table, given: Given) -> dict[str, Any]:
    """What a table says to facts, for a page; where they cannot be read, nothing."""
    if not given.sound:
        return {"trial": None}
    try:
        trial = try_facts(table, given.facts)
    except DomainError as error:
        return {"trial": None, "refused": error.message}
    return {
        "trial": trial,
        "why": shown.shown_trial(table, trial),
        "outcome": shown.outcome_pairs(table.kind, trial.outcome),
        "adds_up": table.kind in ADDED_UP,
    }
