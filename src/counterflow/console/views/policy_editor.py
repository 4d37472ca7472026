"""The editor of a draft: the page, its steps, and keeping what was written."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from counterflow.access import queries as access
from counterflow.access.roles import ROLES
from counterflow.console.page import act, page, render
from counterflow.console.policies import editing, shown
from counterflow.console.policies.grid import work
from counterflow.console.policies.sheets import answer_of, answers_known, cell_sheet, codes_known, composed
from counterflow.console.policies.trying import read, text_of
from counterflow.console.policies.wordings import Wording, read_wording, wording_of
from counterflow.console.stories import who_words
from counterflow.console.views.policies import frame, require_kind
from counterflow.console.views.policy_trying import asked_facts, tried
from counterflow.kernel.errors import DomainError
from counterflow.policies import queries_versions as queries
from counterflow.policies.commands.edit_drafts import EditDraft, edit_drafts
from counterflow.policies.comparing import compare
from counterflow.policies.facts import ANSWER, FACTS, Fact, Type
from counterflow.policies.queries_versions import VersionFile
from counterflow.policies.tables import TableMalformed
from counterflow.policies.wording import is_money, is_rate, label, value_words

SHEETS = ("cell", "answer", "says", "head")
CODES_IN_SCOPE_MAX = 200


@page("policies.edit")
def policy_edit(request: HttpRequest, kind: str, version: int) -> HttpResponseBase:
    """The editor of a draft; what is saved is saved for the revision that its writer saw."""
    require_kind(kind)
    found = queries.version_of(kind=kind, version=version)
    if found.state != "draft":
        return redirect("policy", kind=kind, version=version)
    if request.method != "POST":
        return _editor(request, found, wording_of(found), found.revision)
    text = request.POST.get("wording", "")
    try:
        wording = read_wording(kind, text)
    except TableMalformed as error:
        messages.error(request, error.message)
        return _editor(request, found, wording_of(found), found.revision, typed=text)
    revision = _revision(request)
    item = EditDraft(
        found.id, revision, wording.table.as_json(), wording.owner_role, wording.scope, list(wording.examples)
    )
    if act(request, "Saved.", lambda ctx: edit_drafts(ctx, items=[item])):
        return redirect("policy_edit", kind=kind, version=version)
    now = queries.version_of(kind=kind, version=version)
    return _editor(request, now, wording, revision, theirs=now if now.revision != revision else None)


def _editor(
    request: HttpRequest,
    found: VersionFile,
    wording: Wording,
    revision: int,
    *,
    theirs: VersionFile | None = None,
    typed: str = "",
) -> HttpResponseBase:
    """The whole page. `theirs` is what somebody else saved meanwhile; `typed` a text that cannot be read."""
    given, source = asked_facts(request, found.kind)
    values = {
        **frame(found),
        **work(wording, None, wording_of(found).text()),
        **source,
        "fields": given.fields,
        "revision": found.revision,
        "conflict": _conflict(theirs, wording) if theirs else None,
        "typed": typed,
    }
    return render(request, "console/policies/editor.html", values, status=409 if theirs else 422 if typed else 200)


def _conflict(theirs: VersionFile, mine: Wording) -> dict[str, Any]:
    """Who saved what in the meantime, and how it differs from what is in the page."""
    by = next((step.actor for step in reversed(theirs.steps) if step.action == "edit"), theirs.created_by)
    changes = shown.shown_changes(theirs.kind, compare(theirs.read_table(), mine.table))
    return {"by": who_words(by, access.names_of([by])), "revision": theirs.revision, "changes": changes}


def _revision(request: HttpRequest) -> int:
    given = request.POST.get("revision", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0


@page("policies.edit")
@require_POST
def policy_step(request: HttpRequest, kind: str, version: int) -> HttpResponseBase:
    """One step of the editor: takes the wording that the page carries, and gives the next one or a sheet to write on.

    Nothing is kept by it.
    """
    require_kind(kind)
    found = queries.version_of(kind=kind, version=version)
    name, _, rest = request.POST.get("step", "").partition(":")
    try:
        wording = read_wording(kind, request.POST.get("wording", ""))
        if name in SHEETS:
            return _sheet(request, wording, name, rest)
        if name.endswith("-set"):
            return _written(request, found, wording, name.removesuffix("-set"), rest)
        return _stepped(request, found, wording, name, rest)
    except DomainError as error:
        return render(request, "console/policies/told.html", {"told": error.message})


def _stepped(request: HttpRequest, found: VersionFile, wording: Wording, name: str, rest: str) -> HttpResponseBase:
    if name == "facts":
        return _facts_of(request, found)
    if name in editing.STEPS:
        place = request.POST.get("column", "") if name == "column-add" else rest
        after = editing.STEPS[name](wording, place)
        return _parts(request, found, after.wording, after.focus)
    if name == "keep":
        return _kept(request, found, wording)
    if name not in ("show", "try"):
        raise editing.StepRefused(reason=f"{name[:40] or 'nothing'} is no step")
    return _parts(request, found, wording, "", asked=name == "try")


def _parts(
    request: HttpRequest, found: VersionFile, wording: Wording, focus: str, *, asked: bool = False
) -> HttpResponseBase:
    """The parts of the page that a step changes; facts that were tried before are tried again."""
    given = read(found.kind, request.POST.dict())
    again = asked or request.POST.get("tried") == "1"
    answer = tried(wording.table, given) if again else {}
    values = {
        **frame(found),
        **work(wording, answer.get("trial"), wording_of(found).text()),
        **answer,
        "focus": focus,
        "again": again,
        "with_facts": asked,
        "fields": given.fields,
        "example_name": request.POST.get("example_name", "")[:200],
    }
    return render(request, "console/policies/parts.html", values)


def _facts_of(request: HttpRequest, found: VersionFile) -> HttpResponseBase:
    """The form of facts filled from a decision about a return."""
    given, source = asked_facts(request, found.kind, number=request.POST.get("return", "").strip()[:80])
    return render(request, "console/policies/facts_part.html", {**frame(found), **source, "fields": given.fields})


def _kept(request: HttpRequest, found: VersionFile, wording: Wording) -> HttpResponseBase:
    """The facts that are tried, as one more example: they have to come out as they do now."""
    given = read(found.kind, request.POST.dict())
    trial = tried(wording.table, given).get("trial")
    if trial is None or not trial.fired:
        raise editing.StepRefused(reason="the facts have no answer yet; try them first")
    count = len(wording.examples) + 1
    name = request.POST.get("example_name", "").strip() or f"Case {count}: {trial.fired[-1].replace('-', ' ')}"
    after = editing.keep_example(wording, name, given.facts, trial.outcome)
    return _parts(request, found, after.wording, after.focus, asked=True)


def _column_of(wording: Wording, rest: str, *, answer: bool) -> tuple[int, Fact]:
    """The row and the fact or part of the answer that a step names. Raises `StepRefused`."""
    place, _, column = rest.partition(":")
    number = editing.row_number(wording.table, place)
    for fact in (ANSWER if answer else FACTS)[wording.table.kind]:
        if fact.name == column:
            return number, fact
    raise editing.StepRefused(reason=f"there is no column {column[:60]}; remove it or ask about another fact")


def _sheet(
    request: HttpRequest,
    wording: Wording,
    name: str,
    rest: str,
    *,
    error: str = "",
    typed: Mapping[str, Any] | None = None,
) -> HttpResponseBase:
    """A sheet to write on; with an error what was typed stands in it still."""
    values: dict[str, Any] = {"step": f"{name}-set:{rest}", "error": error, "typed": typed or {}}
    table = wording.table
    if name == "head":
        values |= {
            "name": table.name,
            "roles": [(role.code, role.name) for role in ROLES.values()],
            "owner_role": wording.owner_role,
            "scopes": [
                (fact, label(fact), ", ".join(wording.scope.get(fact.name, ())))
                for fact in FACTS[table.kind]
                if fact.type in (Type.CODE, Type.CHOICE)
            ],
        }
        return render(request, "console/policies/sheet_head.html", values)
    if name == "says":
        number = editing.row_number(table, rest)
        row, default = table.rows[number], number == len(table.rows) - 1 and editing.has_default(table)
        values |= {"row": row, "number": number, "place": number + 1, "default": default}
        return render(request, "console/policies/sheet_says.html", values)
    number, fact = _column_of(wording, rest, answer=name == "answer")
    row = table.rows[number]
    values |= {"fact": fact, "label": label(fact), "row": row, "place": number + 1}
    if name == "answer":
        return render(
            request, "console/policies/sheet_answer.html", {**values, **_answer_fields(wording, number, fact)}
        )
    sheet = cell_sheet(fact, row.when.get(fact.name, ""), codes_known(table, fact.name))
    if error:
        sheet = sheet.typed(values["typed"])
    return render(request, "console/policies/sheet_cell.html", {**values, "sheet": sheet})


def _answer_fields(wording: Wording, number: int, part: Fact) -> dict[str, Any]:
    value = wording.table.rows[number].then.get(part.name)
    unknown = [("", "unknown")] if part.nullable else []
    options: list[tuple[str, str]] = []
    if part.type is Type.FLAG:
        options = [("true", "yes"), ("false", "no"), *unknown]
    elif part.choices:
        options = [*((choice, value_words(part, choice)) for choice in part.choices), *unknown]
    hint = "An amount, such as 1,250.00" if is_money(part) else "In percent, such as 15" if is_rate(part) else ""
    return {
        "options": options,
        "value": text_of(part, value),
        "known": answers_known(wording.table, part.name) if part.type is Type.CODE else [],
        "hint": hint or ("Empty: unknown" if part.nullable else ""),
    }


def _written(request: HttpRequest, found: VersionFile, wording: Wording, name: str, rest: str) -> HttpResponseBase:
    """What was written on a sheet, put into the wording; back to the sheet where it cannot be read."""
    form = request.POST
    try:
        if name == "cell":
            number, fact = _column_of(wording, rest, answer=False)
            text = composed(fact, form.get("mode", ""), form.getlist("value"), form.dict())
            after = editing.set_cell(wording, number, fact.name, text)
        elif name == "answer":
            number, part = _column_of(wording, rest, answer=True)
            after = editing.set_answer(wording, number, part.name, answer_of(part, form.get("answer", "")))
        elif name == "says":
            number = editing.row_number(wording.table, rest)
            after = editing.set_says(
                wording, number, form.get("row_id", ""), form.get("agent", ""), form.get("customer", "")
            )
        else:
            after = editing.set_head(
                wording, form.get("name", ""), form.get("owner_role", ""), _scope(form, found.kind)
            )
    except ValueError as error:
        return _sheet(request, wording, name, rest, error=str(error), typed=_typed(form))
    return _parts(request, found, after.wording, after.focus)


def _typed(form: Any) -> dict[str, Any]:
    """What was typed on a sheet, to stand there still."""
    return {**form.dict(), "value": form.getlist("value")}


def _scope(form: Mapping[str, str], kind: str) -> dict[str, list[str]]:
    """For whom a version is, from codes between commas."""
    found = {}
    for fact in FACTS[kind]:
        if fact.type in (Type.CODE, Type.CHOICE):
            codes = [code.strip() for code in form.get(f"scope-{fact.name}", "").split(",") if code.strip()]
            if codes:
                found[fact.name] = codes[:CODES_IN_SCOPE_MAX]
    return found
