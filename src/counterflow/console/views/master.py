"""Pages of master data: lists, records with their history, new records; the same for every kind of the register."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from counterflow.access import queries as access
from counterflow.console import cells
from counterflow.console.listing import PAGE_SIZE, Column, asked, listing
from counterflow.console.master import writing
from counterflow.console.master.fields import Field
from counterflow.console.master.forms import RecordForm, change_form, new_form
from counterflow.console.master.kinds import Kind, Texts, run_changed, run_new
from counterflow.console.master.register import KINDS
from counterflow.console.master.told import Told, told_of
from counterflow.console.page import context, page, render, signed_in
from counterflow.console.simulated import notices
from counterflow.console.stories import who_words
from counterflow.evidence import queries as evidence
from counterflow.kernel.commands import Batch, Done, Refused
from counterflow.kernel.errors import DomainError
from counterflow.kernel.found import id_of
from counterflow.ledger import queries as ledger
from counterflow.registry import queries as registry

View = Callable[..., HttpResponseBase]
HISTORY_SHOWN = 60
FORMS = ("csv", "xlsx")


@page("catalog.view")
def overview(request: HttpRequest) -> HttpResponseBase:
    """Every kind of master data that the reader may see."""
    who = signed_in(request)
    kinds = [kind for kind in KINDS.values() if who.may(kind.view)]
    return render(request, "console/master/overview.html", {"kinds": kinds})


def columns(kind: Kind) -> list[Column[Any]]:
    """The columns of a kind's list: the first leads to the record."""
    shown = [f for f in kind.fields if f.listed]
    return [Column(f.label, _cell_of(kind, f, n == 0), sort=f.sort, end=_at_end(f)) for n, f in enumerate(shown)]


def _at_end(f: Field) -> bool:
    return f.kind in ("whole", "money", "percent")


def _cell_of(kind: Kind, f: Field, leads: bool) -> Callable[[Any], cells.Cell]:
    words = dict(f.choices()) if f.choices and f.kind in ("choice", "codes") else {}

    def cell(row: Any) -> cells.Cell:
        text = kind.shown(row)[f.name] if f.kind == "money" else f.plain(getattr(row, f.name, None))
        if leads if len(kind.key) == 1 else f.name == kind.key[-1]:
            href = kind.url("one", kind.code_of(row))
            return cells.code(words.get(text, text), href=href) if len(text) < 40 else cells.text(text, href=href)
        if f.badge:
            return cells.badge(f.badge, "active" if text == "yes" else "off")
        if f.kind in ("codes", "refs"):
            return cells.tags([words.get(code, code) for code in text.split()])
        if f.kind == "percent":
            return cells.Cell("number", f"{text} %" if text else "", text)
        if _at_end(f):
            return cells.Cell("number", text, text)
        return cells.code(text) if f.kind in ("code", "ref", "gtin") else cells.text(words.get(text, text))

    return cell


def records(kind: Kind) -> View:
    """The page that lists a kind, and its files."""

    @page(kind.view)
    def show(request: HttpRequest) -> HttpResponseBase:
        return list_page(request, kind)

    return show


def list_page(
    request: HttpRequest, kind: Kind, template: str = "console/master/list.html", **more: Any
) -> HttpResponseBase:
    """A kind's list, or the file of what it finds."""
    who, filters = signed_in(request), list(kind.filters())
    wanted = asked(request, filters)
    if (form := request.GET.get("format", "")) in FORMS:
        rows = writing.records(kind, search=wanted.search, chosen=dict(wanted.chosen), sort=wanted.sort)
        return writing.answer(kind, form, writing.exported(kind, private=who.may(kind.edit)), rows)
    shown = kind.find(
        search=wanted.search, chosen=wanted.chosen, sort=wanted.sort, after=wanted.place, limit=PAGE_SIZE + 1
    )
    more_at = kind.place(shown[PAGE_SIZE - 1]) if len(shown) > PAGE_SIZE else ""
    drawn = listing(
        columns(kind), shown[:PAGE_SIZE], wanted, filters=filters, search_label=kind.search_label, next_place=more_at
    )
    values = {
        "kind": kind,
        "list": drawn,
        "xlsx_link": wanted.link(format="xlsx"),
        "may_edit": who.may(kind.edit),
        "may_import": who.may(kind.edit) and who.may("registry.import"),
        "simulated": notices(ledger.simulated()) if kind.of_books else [],
        **more,
    }
    return render(request, template, values)


def record(kind: Kind) -> View:
    """The page of one record of a kind."""

    @page(kind.view)
    def show(request: HttpRequest, code: str) -> HttpResponseBase:
        row = kind.one_row(code)
        if row is None:
            raise Http404(f"There is no {kind.one} {code}.")
        return record_page(request, kind, row)

    return show


def record_page(
    request: HttpRequest,
    kind: Kind,
    row: Any,
    template: str = "console/master/one.html",
    without: Sequence[str] = (),
    **more: Any,
) -> HttpResponseBase:
    """One record: what it says, the form that changes it, its history. Fields `without` have forms of their own."""
    who = signed_in(request)
    may_edit = who.may(kind.edit)
    values: dict[str, Any] = {}
    form = change_form(kind, row, without=without)
    if request.method == "POST":
        if not may_edit:
            raise Http404("Nothing can be changed here.")
        if "switch" in request.POST and kind.switchable:
            _save(request, kind, row, {"active": "no" if request.POST["switch"] == "off" else "yes"}, None)
            return redirect(kind.url("one", kind.code_of(row)))
        form = change_form(kind, row, request.POST, without=without)
        if form.is_valid():
            answer = _changed(request, kind, row, form, values)
            if answer is not None:
                return answer
    key = kind.by_name[kind.key[0]].label
    values |= {
        "kind": kind,
        "row": row,
        "code": kind.code_of(row),
        "called": kind.called(row),
        "form": form,
        "facts": facts(kind, row, private=may_edit),
        "fixed": [pair for pair in facts(kind, row, private=True, fixed=True) if len(kind.key) > 1 or pair[0] != key],
        "active": getattr(row, "active", None),
        "version": getattr(row, "version", 0),
        "may_edit": may_edit,
        "photos": (
            evidence.photos_of(subject_kind=kind.photos, subject_id=row.id)
            if kind.photos and who.may("evidence.view")
            else []
        ),
        "history": history(request, kind, row),
        "more_link": f"?kind={kind.told}&q={kind.code_of(row)}",
        "simulated": notices(ledger.simulated()) if kind.of_books else [],
        **more,
    }
    return render(request, template, values, status=422 if form.is_bound else 200)


def history(request: HttpRequest, kind: Kind, row: Any) -> list[Told]:
    """What changed about a record, the newest first; empty for those who may not see it."""
    number = getattr(row, "id", None)
    if number is None or not signed_in(request).may("registry.view"):
        return []
    found = registry.changes(kind=kind.told, record_id=number, limit=HISTORY_SHOWN)
    return told_of(found, access.names_of([change.by for change in found]))


def facts(kind: Kind, row: Any, *, private: bool, fixed: bool = False) -> list[tuple[str, cells.Cell]]:
    """A record, or only what never changes about it, as pairs of label and cell."""
    texts = kind.shown(row)
    found = []
    for f in kind.fields:
        words = dict(f.choices()) if f.choices and f.kind == "choice" else {}
        text = texts[f.name]
        if (f.private and not private) or not text or (fixed and not f.fixed):
            continue
        found.append(
            (f.label, cells.yes_no(text == "yes") if f.kind == "yes_no" else cells.text(words.get(text, text)))
        )
    return found


def _changed(
    request: HttpRequest, kind: Kind, row: Any, form: RecordForm, values: dict[str, Any]
) -> HttpResponseBase | None:
    """Save what a form changes; None where the page is shown again, with `values` saying why."""
    before, said = kind.texts(row), form.cleaned_data
    changes = {name: text for name, text in said.items() if text != before[name]}
    here = redirect(kind.url("one", kind.code_of(row)))
    if not changes:
        messages.success(request, "Nothing was different; nothing changed.")
        return here
    affected = [(f, before[f.name], changes[f.name]) for f in kind.changeable if f.affects and f.name in changes]
    if affected and "confirmed" not in request.POST:
        values["affected"] = affected
        return None
    version = id_of(request.POST.get("version")) if kind.versioned else None
    if not kind.versioned:
        changes = {f.name: said[f.name] for f in kind.changeable}
    refused = _save(request, kind, row, changes, version, before=before)
    if not refused:
        return here
    if any(said_no.code == "record_changed" for said_no in refused):
        values["meanwhile"] = meanwhile(request, kind, row, version or 0, changes)
    return None


def meanwhile(request: HttpRequest, kind: Kind, row: Any, version: int, changes: Texts) -> list[dict[str, Any]]:
    """What others changed since the form was opened, beside what it would make of it."""
    found = [
        c for c in registry.changes(kind=kind.told, record_id=row.id, limit=200) if c.version > version and c.field
    ]
    names = access.names_of([change.by for change in found])
    rows = []
    for change in found:
        f = kind.by_name.get(change.field)
        yours = changes.get(change.field)
        shown = change.kept and not (f and f.private)
        rows.append(
            {
                "label": f.label if f else change.field,
                "old": change.old if shown else "",
                "new": change.new if shown else "",
                "kept": shown,
                "by": who_words(change.by, names),
                "at": change.at,
                "yours": "" if yours is None or not shown else yours,
                "differs": yours is not None,
            }
        )
    return rows


def _save(
    request: HttpRequest, kind: Kind, row: Any, changes: Texts, version: int | None, *, before: Texts | None = None
) -> list[Refused]:
    """Run the command that changes a record, and tell how it went."""
    texts = before or kind.texts(row)
    try:
        item = kind.changed_item(kind.key_of(row), texts, changes, version)
        batch = run_changed(context(request), kind, [item])
    except DomainError as error:
        messages.error(request, error.message)
        return [Refused.of(kind.code_of(row), error)]
    return _tell(request, batch, "Saved.")


def _tell(request: HttpRequest, batch: Batch, words: str) -> list[Refused]:
    for refused in batch.refused:
        messages.error(request, refused.message)
    for done in batch.done:
        messages.success(request, "Nothing was different; nothing changed." if done.replayed else words)
    return batch.refused


def new(kind: Kind) -> View:
    """The page that makes a record of a kind."""

    @page(kind.edit)
    def show(request: HttpRequest) -> HttpResponseBase:
        form = new_form(kind, request.POST if request.method == "POST" else None)
        if form.is_valid() and (answer := _made(request, kind, form.cleaned_data)) is not None:
            return answer
        values = {"kind": kind, "form": form, "simulated": notices(ledger.simulated()) if kind.of_books else []}
        return render(request, "console/master/new.html", values, status=422 if form.is_bound else 200)

    return show


def _made(request: HttpRequest, kind: Kind, said: Mapping[str, str]) -> HttpResponseBase | None:
    try:
        batch = run_new(context(request), kind, [kind.new_item(dict(said))])
    except DomainError as error:
        messages.error(request, error.message)
        return None
    if _tell(request, batch, f"{kind.one.capitalize()} recorded."):
        return None
    return redirect(kind.url("one", _code_of(kind, said, batch.done)))


def _code_of(kind: Kind, said: Mapping[str, str], done: Sequence[Done]) -> str:
    row = kind.one_row(":".join(said[name] for name in kind.key))
    return kind.code_of(row) if row is not None else done[0].identity
