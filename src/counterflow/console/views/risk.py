"""Signals of fraud: the latest scores, how good their reasons are, what is known about a return or a customer."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from counterflow.console import cells
from counterflow.console.listing import CSV_ROWS_MAX, PAGE_SIZE, Column, Filter, asked, csv_answer, listing, pages
from counterflow.console.page import act, page, render
from counterflow.kernel import clock
from counterflow.returns import risk as queries
from counterflow.returns.commands.record_claims import RecordClaim, record_claims
from counterflow.returns.commands.rescore_returns import RescoreReturn, rescore_returns
from counterflow.returns.risk import Judged, ScoreRow

OUTCOMES = (
    ("open", "Review open"),
    ("confirmed", "Confirmed"),
    ("cleared", "Cleared"),
)
LEAST = (("30", "30 and more"), ("60", "60 and more"), ("90", "90 and more"))
FEW = 5
"""Scores that a panel beside other things shows."""
FACTS = (
    ("orders_365", "Orders in a year", ""),
    ("returns_365", "Returns asked for before", ""),
    ("return_rate_bp", "Pieces returned of pieces bought", "rate"),
    ("returned_minor", "Value returned", "money"),
    ("linked_accounts", "Linked accounts", ""),
    ("linked_return_rate_bp", "Their pieces returned", "rate"),
    ("serial_mismatches", "Other serial numbers", ""),
    ("empty_boxes", "Empty parcels", ""),
    ("claims_after_delivery", "Claims after delivery", ""),
)


@dataclass(frozen=True)
class ReasonLine:
    """A reason as the page draws it: words, how often, what reviews found, and the list it leads to."""

    words: str
    scored: int
    found: str
    precision: str
    href: str
    chosen: bool


def _columns(words: Mapping[str, str]) -> tuple[Column[ScoreRow], ...]:
    return (
        Column("Return", lambda r: cells.code(r.rma, href=reverse("return", args=[r.rma]))),
        Column("Score", lambda r: cells.number(r.score, href=reverse("return_risk", args=[r.rma])), end=True),
        Column("Reasons", lambda r: cells.tags([code.replace("_", " ") for code in r.codes])),
        Column("State", lambda r: cells.badge("rma", r.state)),
        Column("Review", lambda r: cells.badge("review", review_of(r))),
        Column("Reviewed", lambda r: cells.instant(r.reviewed_at)),
        Column("Channel", lambda r: cells.code(r.channel)),
        Column("Scored", lambda r: cells.instant(r.scored_at)),
    )


def review_of(row: ScoreRow) -> str:
    """Where the review of a score stands."""
    return "open" if row.review_case_id else row.outcome or "none"


@page("risk.view")
def risk(request: HttpRequest) -> HttpResponseBase:
    """The latest scores above nought, their reasons, and what reviews found."""
    at = clock.now()
    words, judged = queries.reason_words(at=at), queries.judged_reasons(at=at)
    reasons = [(each.code, each.code.replace("_", " ").capitalize()) for each in judged]
    filters = (
        Filter("code", "Reason", reasons),
        Filter("least", "Score", LEAST),
        Filter("outcome", "Review", OUTCOMES),
    )
    wanted = asked(request, filters)

    def found(after: str | None, limit: int) -> list[ScoreRow]:
        return queries.scores(
            least=int(wanted.chosen.get("least", "1")),
            code=wanted.chosen.get("code", ""),
            outcome=wanted.chosen.get("outcome", ""),
            before_id=int(after) if after else None,
            limit=limit,
        )

    columns = _columns(words)
    if wanted.csv:
        return csv_answer("risk", columns, pages(found, lambda row: str(row.id), most=CSV_ROWS_MAX))
    rows = found(wanted.after_id, PAGE_SIZE + 1)
    more = str(rows[PAGE_SIZE - 1].id) if len(rows) > PAGE_SIZE else ""
    chosen = wanted.chosen.get("code", "")
    values = {
        "list": listing(columns, rows[:PAGE_SIZE], wanted, filters=filters, next_place=more),
        "reasons": [
            _reason(each, words, wanted.link(code="" if each.code == chosen else each.code), each.code == chosen)
            for each in judged
        ],
    }
    return render(request, "console/risk/list.html", values)


def _reason(each: Judged, words: Mapping[str, str], href: str, chosen: bool) -> ReasonLine:
    reviewed = each.confirmed + each.cleared
    found = f"{each.confirmed:,} confirmed, {each.cleared:,} cleared" if reviewed else "not reviewed yet"
    text = words.get(each.code) or each.code.replace("_", " ").capitalize()
    precision = "" if each.precision_bp is None else f"{each.precision_bp / 100:.0f} % right"
    return ReasonLine(text, each.scored, found, precision, href, chosen)


@page("risk.view")
def of_return(request: HttpRequest, number: str) -> HttpResponseBase:
    """The score of a return, its reasons, what is known of the customer, and earlier scores."""
    found = queries.risk_of_return(number=number)
    currency = str(found.facts.get("currency", ""))
    facts = [
        (label, _fact(int(found.facts[name]), form, currency)) for name, label, form in FACTS if name in found.facts
    ]
    values = {
        "risk": found,
        "facts": facts,
        "review": review_of(found.score) if found.score else "none",
        "customer": found.customer,
        "links": found.customer.link_words if found.customer else "",
        "history": found.decisions[1:],
    }
    return render(request, "console/risk/return.html", values)


def _fact(value: int, form: str, currency: str) -> str:
    if form == "rate":
        return f"{value / 100:.0f} %"
    return cells.money_text(value, currency) if form == "money" and currency else f"{value:,}"


@page("risk.view")
def of_order(request: HttpRequest, channel: str, number: str) -> HttpResponseBase:
    """What is known of the customer of an order: scores of returns, signals, linked accounts."""
    found = queries.risk_of_order(channel=channel, number=number)
    values = {
        "channel": channel,
        "number": number,
        "customer": found,
        "links": found.link_words if found else "",
        "few": found.scores[:FEW] if found else (),
        "claimed": bool(found) and queries.claim_stands(channel=channel, number=number),
    }
    return render(request, "console/risk/order.html", values)


@page("returns.decide")
@require_POST
def again(request: HttpRequest, number: str) -> HttpResponseBase:
    """Score a return by what is known today."""
    act(request, f"{number} scored again.", lambda ctx: rescore_returns(ctx, items=[RescoreReturn(number)]))
    return redirect("return_risk", number=number)


@page("returns.open")
@require_POST
def claim(request: HttpRequest, channel: str, number: str) -> HttpResponseBase:
    """Keep that the customer says now that the order never came, or that this holds no longer."""
    withdrawn = bool(request.POST.get("withdrawn"))
    item = RecordClaim(channel, number, clock.now(), withdrawn)
    said = f"Claim about {number} {'counts no longer' if withdrawn else 'kept'}."
    act(request, said, lambda ctx: record_claims(ctx, items=[item]))
    return redirect("order", channel=channel, number=number)
