"""The station at which people count: scan, perhaps say how many, next; and counts brought in by file."""

from hashlib import sha256
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from counterflow.access import queries as access
from counterflow.console import forms_counts
from counterflow.console.badges import badge
from counterflow.console.page import act, context, page, readable, render, signed_in
from counterflow.console.simulated import notices, of
from counterflow.console.station import Signal
from counterflow.console.views.counts import found_count
from counterflow.kernel import clock
from counterflow.kernel.commands import Done, Refused
from counterflow.kernel.errors import DomainError
from counterflow.ledger import queries as ledger
from counterflow.reconciliation import queries_counts as queries
from counterflow.reconciliation.commands.record_counts import RecordCount, record_counts
from counterflow.reconciliation.reading_counts import parse_sheet
from counterflow.scans.digits import plain_digits
from counterflow.scans.reading import proved, read
from counterflow.scans.readings import Kind

ENTRIES_SHOWN = 8
LEFT_SHOWN = 12
QUANTITY_DIGITS_MAX = 5


def code_of(text: str) -> tuple[str, int | None]:
    """What counting takes of a scan: a SKU, GTIN or plate, and pieces where the scan says how many."""
    scan = read(text, today=clock.now().date())
    for reading in proved(scan):
        if reading.kind is Kind.UNIT and reading.facts.lpn:
            return reading.facts.lpn, None
        if reading.kind is Kind.ITEM and reading.facts.gtin:
            return reading.facts.gtin, reading.facts.quantity
    return text.strip(), None


@page("counts.count")
def count_work(request: HttpRequest, count_id: int) -> HttpResponseBase:
    """Count: the station of one count."""
    count = found_count(count_id)
    values = _station(request, count, state=request.GET.get("state", ""), signal=None)
    values["simulated"] = notices(of(ledger.simulated(), count.entity))
    return render(request, "console/counts/work.html", values)


def _station(
    request: HttpRequest, count: queries.CountRow, *, state: str, signal: Signal | None, last: Done | None = None
) -> dict[str, object]:
    """What the station shows: the last entry, what is left, what this person counted."""
    states = [str(word) for word in count.scope["states"]]
    chosen = state if state in states else states[0]
    who = signed_in(request)
    entries = queries.count_entries(count=count.id, by=who.actor, limit=ENTRIES_SHOWN)
    undo = next((entry for entry in entries if not entry.voids and not entry.taken), None)
    return {
        "count": count,
        "states": [(word, badge("stock", word)) for word in states],
        "chosen": chosen,
        "signal": signal,
        "last": last.facts if last else None,
        "last_name": next((e.name for e in entries if last and e.sku == last.facts["sku"]), ""),
        "entries": entries,
        "undo": undo if count.state == "open" else None,
        "left": queries.count_lines(count=count.id, left=True, stock=chosen, limit=LEFT_SHOWN),
        "closed": count.state != "open",
        "ref": uuid4().hex,
    }


@page("counts.count")
@require_POST
def count_scan(request: HttpRequest, count_id: int) -> HttpResponseBase:
    """Take one scan: a code is one piece (a plate its unit), a number of up to five digits so many of the last item."""
    text, state = request.POST.get("scan", "").strip()[:2000], request.POST.get("state", "")
    code, quantity = code_of(text)
    given = request.POST.get("quantity", "").strip()
    if plain_digits(given) and len(given) <= 7:
        quantity = int(given)
    last = request.POST.get("last", "")[:200]
    if plain_digits(text) and len(text) <= QUANTITY_DIGITS_MAX and last:
        code, quantity = last, int(text)
    return _take(request, count_id, RecordCount(count_id, _ref(request), code, quantity, state))


@page("counts.count")
@require_POST
def count_none(request: HttpRequest, count_id: int) -> HttpResponseBase:
    """Say that none of a line is there."""
    item = RecordCount(count_id, _ref(request), request.POST.get("sku", "")[:200], 0, request.POST.get("state", ""))
    return _take(request, count_id, item)


@page("counts.count")
@require_POST
def count_undo(request: HttpRequest, count_id: int) -> HttpResponseBase:
    """Take an entry back."""
    item = RecordCount(count_id, _ref(request), voids=request.POST.get("ref", "")[:200])
    return _take(request, count_id, item, undone=True)


def _ref(request: HttpRequest) -> str:
    """The form's own key names the entry, so that a scan whose answer got lost counts once."""
    return request.POST.get("key") or uuid4().hex


def _take(request: HttpRequest, count_id: int, item: RecordCount, *, undone: bool = False) -> HttpResponseBase:
    """Record one entry; the station again, or, without script, the page."""
    try:
        result = record_counts(context(request), items=[item]).results[0]
    except DomainError as error:
        result = Refused.of(item.identity, error)
    signal = _signal(result, undone=undone)
    state = item.state or request.POST.get("state", "")
    if request.headers.get("HX-Request"):
        done = result if isinstance(result, Done) and not undone else None
        values = _station(request, found_count(count_id), state=state, signal=signal, last=done)
        return HttpResponse(render_to_string("console/counts/station.html", values, request))
    tell = messages.success if signal.tone == "good" else messages.error
    tell(request, " ".join(filter(None, (signal.title, signal.text))))
    answer = redirect("count_work", count_id=count_id)
    answer["Location"] += f"?state={state}" if state else ""
    return answer


def _signal(result: Done | Refused, *, undone: bool) -> Signal:
    if isinstance(result, Refused):
        attention = result.code in ("plate_counted_twice", "line_settled")
        return Signal("attention" if attention else "stop", _who_named(result.message))
    facts = result.facts
    sum_words = f"{facts['counted']:,} counted in all"
    if undone:
        return Signal("attention", f"Taken back: {facts['sku']}", sum_words)
    pieces = f"{facts['quantity']:,} piece{'s' if facts['quantity'] != 1 else ''}"
    title = f"{facts['sku']}: {pieces}"
    return Signal("good" if facts["planned"] else "attention", title, _found_words(sum_words, bool(facts["planned"])))


def _found_words(words: str, planned: bool) -> str:
    return words if planned else f"{words}. Not on the list: noted as found."


def _who_named(message: str) -> str:
    """A refusal with the name of whom it names by number."""
    actors = [word.rstrip(";,.") for word in message.split() if word.startswith(("user:", "token:"))]
    for actor, name in (access.names_of(actors) if actors else {}).items():
        message = message.replace(actor, name)
    return message


@page("counts.count")
@require_POST
def count_upload(request: HttpRequest, count_id: int) -> HttpResponseBase:
    """Record a counted sheet, row by row; the same file again changes nothing."""
    form = forms_counts.CountFile(request.POST, request.FILES)
    if readable(request, form):
        content = form.cleaned_data["file"].read()
        name = sha256(content).hexdigest()[:12]
        try:
            rows = parse_sheet(content, name=form.cleaned_data["file"].name)
        except DomainError as error:
            messages.error(request, error.message)
        else:
            items = [
                RecordCount(count_id, f"file {name} line {row.line}", row.code, row.quantity, row.state, row.counted_at)
                for row in rows
            ]
            if items:
                act(request, "{count} rows recorded.", lambda ctx: record_counts(ctx, items=items))
            else:
                messages.error(request, "No row of the file says how many were counted.")
    return redirect("count", count_id=count_id)
