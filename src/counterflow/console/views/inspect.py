"""The inspect station: scan a unit, answer what its plan asks, see the grade and where it goes, take the next."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from counterflow.console.forms_inspect import GRADE_REASONS, GRADES, Sent, questions, sent
from counterflow.console.page import act, page, render, signed_in
from counterflow.console.simulated import notices, of
from counterflow.console.station import NODE, Signal, plate_in
from counterflow.console.stories import damage_words
from counterflow.console.uploads import keep_sent
from counterflow.evidence import queries as evidence
from counterflow.facilities import queries as facilities
from counterflow.kernel import clock
from counterflow.kernel.found import id_of
from counterflow.ledger import queries as ledger
from counterflow.receiving import queries
from counterflow.receiving.commands.inspect_units import InspectUnit, inspect_units
from counterflow.receiving.queries_inspection import Sheet, Waiting, judged, second_looks, sheet
from counterflow.receiving.queries_station import next_step
from counterflow.receiving.rules_plans import SERIAL, Found, Plan, Sold, judge

WAITING_MAX: Final = 8
WHY_NOT: Final = {
    "disposed": "It was disposed of already.",
    "sent_back": "It was sent back to the customer.",
    "reversed": "Its receipt was taken back.",
}


@page("receiving.inspect")
def station(request: HttpRequest) -> HttpResponseBase:
    """The station with nothing in hand: what the last unit came to (`last`), and what waits at the node."""
    node = _node(request)
    unknown = request.GET.get("unknown", "")[:80]
    values: dict[str, Any] = {"queue": _queue(node), "second_looks": _second_looks(request, node), "node": node}
    if unknown:
        values["signal"] = Signal("stop", "Not known here", f"No unit has the plate {unknown}.")
    elif last := request.GET.get("last", ""):
        values |= _outcome(last)
    values["simulated"] = notices(ledger.simulated())
    if "last" in values:
        values["put_away"] = f"{reverse('put_away')}?{urlencode({'lpn': values['last'].lpn})}"
    values["nodes"] = facilities.nodes(active=True) if not node or request.GET.get("node") == "change" else []
    return render(request, "console/inspect/station.html", values)


def _node(request: HttpRequest) -> str:
    """The node of this session: as the address says, as chosen before, else the only one there is."""
    asked = request.GET.get("node", "")
    if asked and asked != "change":
        request.session[NODE] = asked[:64]
    return str(request.session.get(NODE, ""))


def _queue(node: str) -> list[queries.UnitRow]:
    return queries.bench(node=node, state="received", limit=WAITING_MAX) if node else []


def _second_looks(request: HttpRequest, node: str) -> list[Waiting]:
    """What passed at a node and waits for this user, because somebody else looked first."""
    return second_looks(node=node, person=signed_in(request).actor, limit=WAITING_MAX) if node else []


def _outcome(lpn: str) -> dict[str, Any]:
    """What was found of the unit inspected last, and where policy sends it."""
    step = next_step(lpn=lpn, at=clock.now())
    file = step.file if step else queries.unit(lpn=lpn)
    if not file.inspections:
        return {}
    found = file.inspections[-1]
    words = [f"Grade {found.grade}", damage_words(found.damage_code), "passed" if found.passed else "failed"]
    tone = "good" if found.passed else "stop"
    signal = Signal(tone, f"{lpn} inspected", ", ".join(filter(None, words)))
    return {"last": file.unit, "found": found, "step": step, "signal": signal}


@page("receiving.inspect")
@require_POST
def scan(request: HttpRequest) -> HttpResponseBase:
    """Go to the unit whose plate was scanned or typed."""
    given = request.POST.get("scan", "").strip()[:200]
    if not given:
        return redirect("inspect")
    if plate := plate_in(given, today=clock.now().date()):
        return redirect("inspect_unit", lpn=plate)
    return redirect(f"{reverse('inspect')}?{urlencode({'unknown': given[:80]})}")


@page("receiving.inspect")
def unit(request: HttpRequest, lpn: str) -> HttpResponseBase:
    """One unit in hand. GET asks; POST records the inspection and goes on, or says what is missing."""
    found = sheet(lpn=lpn, at=clock.now())
    request.session.setdefault(NODE, found.file.unit.node)
    if request.method != "POST":
        return render(request, "console/inspect/unit.html", _values(request, found, sent(request.GET, found.plan)))
    given = sent(request.POST, found.plan)
    if request.FILES.getlist("photos"):
        keep_sent(request, "unit", found.file.unit.id)
    item = InspectUnit(
        lpn,
        given.grade,
        round=found.file.unit.round + 1,
        serial=given.serial,
        answers=given.answers,
        grade_reason=given.reason if given.grade else "",
    )
    if act(request, f"{lpn} inspected.", lambda ctx: inspect_units(ctx, items=[item])):
        return redirect(f"{reverse('inspect')}?{urlencode({'last': lpn})}")
    again = sheet(lpn=lpn, at=clock.now()) if request.FILES else found
    return render(request, "console/inspect/unit.html", _values(request, again, given), status=422)


def _values(request: HttpRequest, found: Sheet, given: Sent) -> dict[str, Any]:
    known = found.file.unit
    plan = found.plan
    picture = evidence.latest(subject_kind="item", subject_ids=[found.item_id]).get(found.item_id)
    values: dict[str, Any] = {
        "sheet": found,
        "unit": known,
        "value_minor": known.cost_minor + known.allowance_minor,
        "possible": "inspect" in known.actions,
        "why_not": WHY_NOT.get(known.state, ""),
        "before": found.file.inspections[-1] if found.file.inspections else None,
        "looked_first": any(seen.inspected_by == signed_in(request).actor for seen in found.file.inspections),
        "second_looks": [row for row in _second_looks(request, known.node) if row.lpn != known.lpn],
        "picture": picture,
        "photos": evidence.photos_of(subject_kind="unit", subject_id=known.id),
        "given": given,
        "plan": plan,
        "grades": GRADES,
        "reasons": GRADE_REASONS,
        "queue": [row for row in _queue(_node(request) or known.node) if row.lpn != known.lpn],
        "node": known.node,
        "simulated": notices(of(ledger.simulated(), known.entity), marked=known.simulated),
    }
    if plan is not None:
        asked = questions(plan, given)
        sold = Sold.UNRECORDED if known.shipment_line_id else Sold.NO_SALE
        values |= {"questions": asked, **_suggestion(plan, given, sold, found.photos)}
        values["wants_serial"] = any(check.question == SERIAL for check in plan.checks)
    return values


def _suggestion(plan: Plan, given: Sent, sold: Sold, photos: int) -> dict[str, Any]:
    said = judge(plan, Found(given.answers, given.serial, sold, photos))
    due = [asked.question.code for asked in questions(plan, given) if asked.shown]
    return {"said": said, "due": " ".join(due), "left": len(said.unanswered), "plan": plan}


@page("receiving.inspect")
@require_POST
def suggest(request: HttpRequest, lpn: str) -> HttpResponseBase:
    """The grade that the answers so far lead to, as a part of the page; nothing is recorded."""
    count = id_of(request.POST.get("photos_ready", "")[:3]) or 0
    first = judged(lpn=lpn, answers={}, serial="", photos=count, at=clock.now())
    if first is None:
        return HttpResponse("")
    plan = first[0]
    given = sent(request.POST, plan)
    sold = first[2]
    if given.serial:
        looked = judged(lpn=lpn, answers=given.answers, serial=given.serial, photos=count, at=clock.now(), plan=plan)
        sold = looked[2] if looked else sold
    values = _suggestion(plan, given, sold, count)
    return HttpResponse(render_to_string("console/inspect/suggestion.html", values, request))
