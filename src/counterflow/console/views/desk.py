"""The service desk: find a caller's order, see all of it, and open a return while one talks."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from counterflow.catalog import queries as catalog
from counterflow.console import forms_desk
from counterflow.console.forms_desk import RESOLUTIONS, Choice, Wishes, asked_lines, read_wishes
from counterflow.console.page import Staff, act, page, readable, render, signed_in
from counterflow.console.simulated import notices
from counterflow.desk.orders import DeskLine, OrderFile, order_file
from counterflow.desk.preview import PreviewLine, preview
from counterflow.desk.search import orders_meant
from counterflow.kernel import clock
from counterflow.kernel.commands import Batch, Done
from counterflow.kernel.context import Context
from counterflow.orders.commands.record_contacts import RecordContact, record_contacts
from counterflow.orders.contacts import NewContact
from counterflow.returns.commands.open_rmas import open_rmas
from counterflow.returns.documents import OpenRma

FOUND_MAX = 20
WHEN = {
    "authorised": "at once",
    "carrier_scan": "when the carrier has scanned the parcel",
    "received": "when the goods are here",
    "inspected": "when the goods have passed inspection",
}
HOW = {
    "original": "back the way it was paid",
    "store_credit": "as store credit",
    "replacement": "by goods",
}


@page("orders.view")
def desk(request: HttpRequest) -> HttpResponseBase:
    """One box for whatever a caller has in hand."""
    words, who = request.GET.get("q", "").strip()[:200], signed_in(request)
    person = who.may("orders.contact")
    zone = timezone.get_current_timezone()
    hits = orders_meant(search=words, zone=zone, person=person, limit=FOUND_MAX + 1) if words else []
    values = {
        "words": words,
        "hits": hits[:FOUND_MAX],
        "more": len(hits) > FOUND_MAX,
        "person": person,
        "simulated": notices({}, marked=any(hit.simulated for hit in hits)),
    }
    return render(request, "console/desk/search.html", values)


@page("orders.view")
def order(request: HttpRequest, channel: str, number: str) -> HttpResponseBase:
    """One order: what was sold, what may come back and on what terms, what came back before."""
    who = signed_in(request)
    file = order_file(channel=channel, number=number, person=who.may("orders.contact"))
    values = {
        "file": file,
        "simulated": notices({}, marked=file.simulated),
        "contact_form": forms_desk.Contact(initial=asdict(file.contact) if file.contact else {}),
        **_form(who, file, request.GET),
    }
    return render(request, "console/desk/order.html", values)


@page("returns.open")
def ask(request: HttpRequest) -> HttpResponseBase:
    """The answers to what an agent has chosen so far; the order's page asks for them with every choice."""
    file = order_file(channel=request.GET.get("channel", ""), number=request.GET.get("number", ""))
    values = {
        "file": file,
        "simulated": notices({}, marked=file.simulated),
        **_form(signed_in(request), file, request.GET),
    }
    return render(request, "console/desk/ask.html", values)


def _reasons() -> dict[str, str]:
    return {row.code: row.label for row in catalog.reasons(kind="return") if row.code != "not_stated"}


def _form(who: Staff, file: OrderFile, data: Mapping[str, str]) -> dict[str, object]:
    """What the form of a return shows for what was chosen."""
    if not who.may("returns.open") or not file.returnable:
        return {"may_open": False}
    reasons = _reasons()
    wishes = read_wishes(data, file, reasons)
    assumed = [_with_reason(choice, wishes, reasons) for choice in wishes.choices]
    lines = asked_lines(assumed, wishes, file.currency)
    told = preview(channel=file.channel, order=file.number, lines=lines, at=clock.now())
    rows = [
        Row(choice, reasons.get(choice.reason, choice.reason), "" if choice.reason else reasons[as_if.reason], said)
        for choice, as_if, said in zip(wishes.choices, assumed, told, strict=True)
    ]
    return {
        "may_open": True,
        "reasons": reasons,
        "wishes": wishes,
        "rows": rows,
        "whole": whole(file, wishes, [row for row in rows if row.choice.quantity > 0]),
        "resolutions": RESOLUTIONS,
        "overrides": catalog.reasons(kind="override"),
    }


def _with_reason(choice: Choice, wishes: Wishes, reasons: dict[str, str]) -> Choice:
    """A line nobody gave a reason for is asked about with that of another line, or as no longer wanted."""
    if choice.reason:
        return choice
    other = next((c.reason for c in wishes.choices if c.reason in reasons), "")
    usual = "no_longer_wanted" if "no_longer_wanted" in reasons else next(iter(reasons), "")
    return replace(choice, reason=other or usual)


@dataclass(frozen=True)
class Row:
    """A line with what was chosen and what is said to it; `assumed` is the reason while nobody gave one."""

    choice: Choice
    reason_words: str
    assumed: str
    said: PreviewLine

    @property
    def line(self) -> DeskLine:
        """The line of the order."""
        return self.choice.line

    @property
    def when(self) -> str:
        """What the money waits for."""
        return WHEN.get(self.said.milestone, self.said.milestone)

    @property
    def how(self) -> str:
        """How the money is met."""
        return HOW.get(self.said.method, self.said.method)


@dataclass(frozen=True)
class Whole:
    """What the whole request would come to. `outcome` is yes, ask or no; nothing is chosen where it is empty."""

    outcome: str
    pieces: int
    goods_minor: int
    tax_minor: int
    fee_minor: int
    total_minor: int
    instead_minor: int
    keeps: bool
    ways: tuple[tuple[str, str], ...]
    node: str

    @property
    def owes_minor(self) -> int:
        """What the customer still owes for goods that go out instead."""
        return max(0, self.instead_minor - self.total_minor)

    @property
    def rest_minor(self) -> int:
        """What is paid out beside goods that go out instead."""
        return max(0, self.total_minor - self.instead_minor) if self.instead_minor else 0


def whole(file: OrderFile, wishes: Wishes, rows: list[Row]) -> Whole:
    """The sum of the chosen lines: no beats ask, ask beats yes."""
    answers = {row.said.answer for row in rows if not row.said.problem}
    outcome = next((answer for answer in ("no", "ask", "yes") if answer in answers), "")
    back = next((row.line.node for row in rows if row.line.node and not row.said.returnless), "")
    return Whole(
        outcome,
        sum(row.choice.quantity for row in rows),
        sum(row.said.net_minor for row in rows),
        sum(row.said.tax_minor for row in rows),
        sum(row.said.fee_minor for row in rows),
        sum(row.said.total_minor for row in rows),
        sum(row.said.instead_minor for row in rows),
        bool(rows) and all(row.said.returnless for row in rows),
        tuple(dict.fromkeys((row.how, row.when) for row in rows if not row.said.problem)),
        back,
    )


@page("returns.open")
@require_POST
def open_return(request: HttpRequest) -> HttpResponseBase:
    """Open the return that was shown."""
    who = signed_in(request)
    file = order_file(channel=request.POST.get("channel", ""), number=request.POST.get("number", ""))
    wishes = read_wishes(request.POST, file, _reasons(), sent=True)
    back = reverse("order", args=[file.channel, file.number])
    if not wishes.chosen or wishes.problems:
        problem = wishes.problems[0] if wishes.problems else "Choose at least one piece that comes back."
        return _refused(request, file, problem)
    made: list[Done] = []

    def run(ctx: Context) -> Batch:
        item = OpenRma(
            file.channel,
            f"desk:{ctx.key}",
            tuple(asked_lines(wishes.chosen, wishes, file.currency)),
            file.number,
            override=wishes.override if who.may("policies.override") else "",
            note=wishes.note,
            override_note=wishes.override_note,
        )
        batch = open_rmas(ctx, items=[item])
        made.extend(batch.done)
        return batch

    act(request, "Return opened.", run)
    return redirect("return", number=made[0].facts["rma"]) if made else redirect(back)


def _refused(request: HttpRequest, file: OrderFile, problem: str) -> HttpResponse:
    """The order's page with what is wrong."""
    values = {
        "file": file,
        "simulated": notices({}, marked=file.simulated),
        "problem": problem,
        "contact_form": forms_desk.Contact(),
        **_form(signed_in(request), file, request.POST),
    }
    return render(request, "console/desk/order.html", values, status=422)


@page("orders.contact")
@require_POST
def contact(request: HttpRequest) -> HttpResponseBase:
    """Correct how the customer of an order is reached."""
    file = order_file(channel=request.POST.get("channel", ""), number=request.POST.get("number", ""), person=True)
    form = forms_desk.Contact(request.POST)
    if readable(request, form):
        item = RecordContact(file.channel, file.customer_ref, NewContact(**form.cleaned_data))
        act(request, "Contact kept.", lambda ctx: record_contacts(ctx, items=[item]))
    return redirect("order", channel=file.channel, number=file.number)
