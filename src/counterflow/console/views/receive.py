"""The receive station: one box takes every scan, and the whole bench comes back from each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from counterflow.console import receive_letters
from counterflow.console.page import context, page, render, signed_in
from counterflow.console.receive_acts import Answer, Station
from counterflow.console.receive_bench import Bench
from counterflow.console.simulated import notices
from counterflow.console.station import NODE
from counterflow.evidence import queries as evidence
from counterflow.facilities import queries as facilities
from counterflow.kernel import clock
from counterflow.ledger import queries as ledger
from counterflow.receiving import expected, plates


@dataclass(frozen=True)
class Key:
    """A letter of the station: what it does, and when it is of use."""

    letter: str
    words: str
    meaning: str
    when: str = ""


KEYS: Final = (
    Key("f", "Finished", "Everything is received; close the parcel", "job"),
    Key("s", "Short", "Pieces are missing; close the parcel without them", "job"),
    Key("o", "Over", "The next item is more than expected", "job"),
    Key("w", "Wrong item", "The next item is another one than expected", "job"),
    Key("d", "Damaged", "The next piece was damaged on its way", "job"),
    Key("e", "Empty box", "Nothing was in the parcel", "job"),
    Key("b", "No barcode", "Find an item by its name"),
    Key("n", "No return", "Receive items that no return announced"),
    Key("u", "Unidentified", "Park what nobody can name"),
    Key("x", "Put aside", "Leave this parcel open and take another", "job"),
    Key("p", "Label again", "Print the last label again", "receipt"),
    Key("z", "Undo", "Take the last act back", "last"),
)


@page("receiving.receive")
def receive(request: HttpRequest) -> HttpResponseBase:
    """The station, with what the address names on its bench."""
    node = request.session.get(NODE, "")
    if not node or request.GET.get("node") == "change":
        return _choose_node(request)
    bench = Bench.read({name: request.GET.get(name, "") for name in ("parcel", "rma", "last", "mode", "unknown")})
    answer = Answer(bench if bench.plate else Bench(**{**bench.__dict__, "plate": plates.fresh(1)[0]}))
    return render(request, "console/receive/page.html", _values(request, node, answer))


@page("receiving.receive")
@require_POST
def receive_scan(request: HttpRequest) -> HttpResponseBase:
    """Take one scan, letter or number; answer with the bench, or go to the page that shows it."""
    node = request.session.get(NODE, "")
    if not node:
        return redirect("receive")
    texts = [text for text in request.POST.getlist("scan") if text.strip()]
    bench = Bench.read({name: value for name, value in request.POST.items() if isinstance(value, str)})
    if not bench.plate:
        bench = Bench(**{**bench.__dict__, "plate": plates.fresh(1)[0]})
    station = Station(context(request), node, bench, plates.prefix())
    answer = receive_letters.take(station, texts[-1]) if texts else Answer(bench)
    if answer.unit:
        return redirect("unit", lpn=answer.unit)
    values = _values(request, node, answer)
    if request.headers.get("HX-Request"):
        return HttpResponse(render_to_string("console/receive/station.html", values, request))
    return render(request, "console/receive/page.html", values)


@page("receiving.receive")
@require_POST
def receive_node(request: HttpRequest) -> HttpResponseBase:
    """Remember for this session where one works."""
    code = request.POST.get("node", "")[:80]
    if code in facilities.nodes_by_code(codes=[code]):
        request.session[NODE] = code
    return redirect("receive")


def _choose_node(request: HttpRequest) -> HttpResponse:
    return render(request, "console/receive/node.html", {"nodes": facilities.nodes(active=True)})


def _values(request: HttpRequest, node: str, answer: Answer) -> dict[str, Any]:
    """All that the bench shows; what it needs of the books is asked after the act."""
    bench, who = answer.bench, signed_in(request)
    at_hand = expected.job(parcel_id=bench.parcel_id, rma=bench.rma)
    items = [line.item_id for line in at_hand.lines] if at_hand else []
    useful = {"job" if bench.open else "", "last" if bench.last else "", bench.last.partition(":")[0]}
    pictures = evidence.latest(subject_kind="item", subject_ids=items) if items and who.may("evidence.view") else {}
    return {
        "node": node,
        "bench": bench,
        "carried": bench.carried,
        "signal": answer.told(at_hand),
        "choices": [(place, *choice) for place, choice in enumerate(answer.choices, start=1)],
        "job": at_hand,
        "lines": [(line, pictures.get(line.item_id), at_hand.holds.get(line.item_id, "")) for line in at_hand.lines]
        if at_hand
        else [],
        "next": _next(at_hand, bench),
        "keys": [key for key in KEYS if not key.when or key.when in useful],
        "shift": expected.shift(node=node, since=_midnight(request)),
        "waiting": expected.waiting(node=node) if at_hand is None else [],
        "address": _address(bench),
        "simulated": notices(ledger.simulated(), marked=bool(at_hand and at_hand.simulated)),
        "staff": who,
    }


def _next(at_hand: expected.Job | None, bench: Bench) -> str:
    """What to do next, in one sentence."""
    if bench.mode == "serial":
        return "Scan the serial number."
    if bench.mode == "search":
        return "Type a word of the item's name, then the number of the item."
    if at_hand is None:
        return "Scan each item." if bench.mode == "blind" else "Scan a parcel, a return or a pallet."
    if not at_hand.rma:
        return "Scan each item in it, or park it with U."
    if at_hand.left:
        return f"Scan each item: {at_hand.left} to come."
    return "Everything is here. F closes the parcel." if at_hand.parcel_id else "Everything is here. F puts it aside."


def _address(bench: Bench) -> str:
    """The address that shows this bench again."""
    path = reverse("receive")
    if bench.parcel:
        return f"{path}?parcel={bench.parcel}"
    return f"{path}?rma={bench.rma}" if bench.rma else path


def _midnight(request: HttpRequest) -> datetime:
    """The beginning of the day in the reader's zone."""
    zone = timezone.get_current_timezone()
    here = clock.now().astimezone(zone if isinstance(zone, ZoneInfo) else ZoneInfo("UTC"))
    return here.replace(hour=0, minute=0, second=0, microsecond=0)
