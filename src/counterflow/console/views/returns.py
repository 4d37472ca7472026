"""Returns: the list, and one return with its four facts, its story, its entries and what may be done."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from counterflow.access import queries as access
from counterflow.console import cells, forms
from counterflow.console.badges import BADGES
from counterflow.console.listing import CSV_ROWS_MAX, PAGE_SIZE, Column, Filter, asked, csv_answer, listing, pages
from counterflow.console.moments import newest_first
from counterflow.console.page import Staff, page, render, signed_in
from counterflow.console.reasons import offer
from counterflow.console.simulated import Notice, notices
from counterflow.console.stories import tell, who_words
from counterflow.ledger import queries as ledger
from counterflow.orders import queries as orders
from counterflow.policies import queries as policies
from counterflow.refunds import queries as refunds
from counterflow.returns import queries
from counterflow.returns.page import ReturnPage, return_page
from counterflow.workqueue import queries as workqueue
from counterflow.workqueue.kinds import hidden_from

Row = queries.ReturnRow
COLUMNS: tuple[Column[Row], ...] = (
    Column(
        "Return",
        lambda r: cells.code(r.number, href=reverse("return", args=[r.number]), simulated=r.simulated),
    ),
    Column("State", lambda r: cells.badge("rma", r.state)),
    Column("Channel", lambda r: cells.code(r.channel)),
    Column("Order", lambda r: cells.code(r.order)),
    Column("Asked", lambda r: cells.instant(r.happened_at)),
    Column("Pieces", lambda r: cells.number(r.asked_qty), end=True),
    Column("Expected", lambda r: cells.number(r.expected_qty or None), end=True),
    Column("Received", lambda r: cells.number(r.received_qty or None), end=True),
    Column("Credited", lambda r: cells.money(r.credited_minor or None, r.currency), end=True),
    Column("Paid", lambda r: cells.money(r.paid_minor or None, r.currency), end=True),
    Column("Data", lambda r: cells.simulated(r.simulated), file_only=True),
    Column("Currency", lambda r: cells.text(r.currency), file_only=True),
    Column("Request", lambda r: cells.text(r.request_ref), file_only=True),
)
STATES = [(state, shown.label) for state, shown in BADGES["rma"].items()]
NEEDS = {
    "approve": "returns.decide",
    "decline": "returns.decide",
    "cancel": "returns.cancel",
    "close": "returns.decide",
    "reopen": "returns.decide",
    "release_credit": "refunds.release",
    "approve_early": "refunds.approve",
}
ABSORBED = {
    "restock": "restocked",
    "refurbish": "refurbished",
    "scrap": "scrapped",
    "secondary": "in the secondary channel",
    "hand_over": "handed over",
    "return_to_customer": "sent back",
}
"""Where a pool took what has no plate of its own any more."""
WORDS = {
    "kept_by_customer": "kept by the customer",
    "with_customer": "with the customer",
    "with_carrier": "with the carrier",
    "lost": "lost",
    "received": "here",
    "not_expected": "no longer expected",
    "passed": "passed",
    "failed": "failed",
    "not_inspected": "not inspected",
}


@page("returns.view")
def returns(request: HttpRequest) -> HttpResponseBase:
    """Returns, the newest first."""
    channels = [(channel.code, channel.name) for channel in orders.channels()]
    filters = (Filter("state", "State", STATES), Filter("channel", "Channel", channels))
    wanted = asked(request, filters)

    def found(after: str | None, limit: int) -> list[Row]:
        return queries.returns(
            search=wanted.search,
            state=wanted.chosen.get("state", ""),
            channel=wanted.chosen.get("channel", ""),
            before_id=int(after) if after else None,
            limit=limit,
        )

    if wanted.csv:
        return csv_answer("returns", COLUMNS, pages(found, lambda row: str(row.id), most=CSV_ROWS_MAX))
    rows = found(wanted.after_id, PAGE_SIZE + 1)
    more = str(rows[PAGE_SIZE - 1].id) if len(rows) > PAGE_SIZE else ""
    label = "Return, order, tracking number, plate or request"
    drawn = listing(COLUMNS, rows[:PAGE_SIZE], wanted, filters=filters, search_label=label, next_place=more)
    simulated = notices(ledger.simulated(), marked=any(row.simulated for row in rows))
    return render(request, "console/returns/list.html", {"list": drawn, "simulated": simulated})


@dataclass(frozen=True)
class Share:
    """So many pieces of which something holds; `kind` and `state` draw a badge where there is one."""

    pieces: int
    words: str
    kind: str = ""
    state: str = ""


@page("returns.view")
def one(request: HttpRequest, number: str) -> HttpResponseBase:
    """One return."""
    found, who = return_page(number=number), signed_in(request)
    sees_money = who.may("refunds.view")
    credits = refunds.credits(rma=number) if sees_money else []
    names = access.names_of(filter(None, [*(fact.actor for fact in found.timeline), found.opened_by]))
    told = (tell(fact, names) for fact in found.timeline)
    values = {
        "rma": found,
        "lines": [(line, _stock(line.stock), shares(line.custody), shares(line.quality)) for line in found.lines],
        "custody": shares(_sum(line.custody for line in found.lines)),
        "quality": shares(_sum(line.quality for line in found.lines)),
        "stock": _stock(_sum(line.stock for line in found.lines)),
        "credited_minor": sum(line.money.get("credited_minor", 0) for line in found.lines),
        "due": sum(line.money.get("due", 0) for line in found.lines),
        "exposed": sum(line.money.get("exposed", 0) for line in found.lines),
        "paid_minor": sum(credit.paid_minor for credit in credits) if sees_money else None,
        "goodwill_minor": sum(credit.goodwill_minor for credit in credits),
        "credits": credits,
        "moments": newest_first(moment for moment in told if moment is not None),
        "entries": found.journal[::-1] if who.may("ledger.view") else (),
        "opened_by": who_words(found.opened_by, names),
        "simulated": _simulated(found),
        **_actions(found, who),
    }
    return render(request, "console/returns/one.html", values)


def _simulated(found: ReturnPage) -> list[Notice]:
    told = {found.entity: found.books_simulated} if found.books_simulated else {}
    return notices(told, marked=found.simulated)


def _actions(found: ReturnPage, who: Staff) -> dict[str, object]:
    """What may be done now, by this user, with the forms for it."""
    actions = [action for action in found.actions if who.may(NEEDS[action])]
    decide, early = forms.Decide(), forms.ApproveEarly(lines=[(line.line_no, line.sku) for line in found.lines])
    if actions:
        offer((decide, "reason", "override"), (early, "reason", "override"))
    return {
        "actions": actions,
        "hindered": bool(found.actions) and not actions,
        "decide_form": decide,
        "release_form": forms.ReleaseCredit(),
        "early_form": early,
    }


def _sum(shared: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    total: Counter[str] = Counter()
    for one_line in shared:
        total.update(one_line)
    return total


def shares(pieces: Mapping[str, int]) -> list[Share]:
    """Pieces by word, as a reader's words."""
    return [Share(count, WORDS.get(word, word.replace("_", " "))) for word, count in pieces.items()]


def _stock(pieces: Mapping[str, int]) -> list[Share]:
    """Pieces by stock state; what a pool absorbed is told by where it was sent."""
    return [
        Share(count, "", "stock", word)
        if word in BADGES["stock"]
        else Share(count, "", "unit", word)
        if word in BADGES["unit"]
        else Share(count, ABSORBED.get(word, word.replace("_", " ")))
        for word, count in pieces.items()
    ]


@page("returns.view")
def why(request: HttpRequest, number: str) -> HttpResponseBase:
    """Why the policies answered as they did, and the cases about this return; the page of a return loads it last."""
    found, who = return_page(number=number), signed_in(request)
    units = [unit for line in found.lines for unit in line.units]
    # What happened names everything else that a case can be about: parcels, payouts, reports of money.
    named = {moment.subject_id for moment in found.timeline}
    subjects = sorted({found.id, *named, *(line.id for line in found.lines), *(unit.id for unit in units)})
    values = {
        "rma": found,
        "simulated": _simulated(found),
        "decisions": policies.decisions(subject_ids=subjects) if who.may("policies.view") else None,
        "cases": workqueue.cases(subject_ids=subjects, state=None, hidden=hidden_from(who.may))
        if who.may("workqueue.view")
        else None,
    }
    return render(request, "console/returns/why.html", values)
