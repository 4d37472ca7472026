"""The list of cases: its columns and filters, and the question that an address asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from counterflow.access.roles import ROLES
from counterflow.console import cells
from counterflow.console.case_facts import subject
from counterflow.console.cells import Cell
from counterflow.console.listing import Asked, Column, Filter
from counterflow.console.stories import who_words
from counterflow.kernel.money import UnknownCurrency, places
from counterflow.workqueue.commands.assign_cases import working_roles
from counterflow.workqueue.explaining import explain, span
from counterflow.workqueue.filters import NOBODY
from counterflow.workqueue.kinds import KINDS, QUEUES, Severity
from counterflow.workqueue.queries import CaseRow
from counterflow.workqueue.questions import DUE, ME, MINE, Question

Row = CaseRow
AGES = ((1, "A day"), (3, "3 days"), (7, "A week"), (30, "30 days"))
ORDERS = (("priority", "Act by"), ("money", "Money at risk"), ("due", "Due"), ("oldest", "Oldest first"))
HUNDREDTHS = 100
"""So many smallest coins make one, where no currency is asked for whose coins we know."""

FILTERS: tuple[Filter, ...] = (
    Filter("state", "State", [("open", "Open"), ("closed", "Closed")], first="open"),
    Filter("queue", "Queue", [(queue, queue.capitalize()) for queue in QUEUES]),
    Filter("whose", "Whose", [(ME, "Mine"), (NOBODY, "Nobody's")]),
    Filter("due", "Due", list(DUE.items())),
    Filter("order", "Order", ORDERS, every="", first="priority"),
    Filter(
        "role",
        "Role",
        [(MINE, "My roles"), *((code, ROLES[code].name) for code in working_roles())],
        folded=True,
    ),
    Filter("kind", "Kind", sorted(((k.code, k.meaning) for k in KINDS.values()), key=lambda k: k[1]), folded=True),
    Filter("severity", "Urgency", [(str(int(s)), s.name.capitalize()) for s in Severity], folded=True),
    Filter("from", "At risk from", kind="text", folded=True),
    Filter("to", "At risk to", kind="text", folded=True),
    Filter("currency", "Currency", kind="text", folded=True),
    Filter("age", "Open for at least", [(str(days), words) for days, words in AGES], folded=True),
    Filter("snoozed", "Put off", [("only", "Only these"), ("any", "These too")], every="Left out", folded=True),
)
NAMES: Mapping[str, str] = {
    "state": "state",
    "queue": "queue",
    "whose": "whose",
    "due": "due",
    "order": "sort",
    "role": "role",
    "kind": "kind",
    "currency": "currency",
    "snoozed": "snoozed",
    "q": "search",
}
"""What the words of an address are called in a question."""
NUMBERS: Mapping[str, str] = {"severity": "severity", "age": "age_days"}
AMOUNTS: Mapping[str, str] = {"from": "money_from_minor", "to": "money_to_minor"}


@dataclass
class Names:
    """How actors are called; filled as rows are read, so that a long file asks a page of names at a time."""

    known: dict[str, str] = field(default_factory=dict)

    def of(self, actor: str | None) -> str:
        """A name, empty for nobody."""
        return who_words(actor, self.known) if actor else ""


def columns(names: Names, now: datetime, *, pick: bool) -> dict[str, Column[Row]]:
    """The columns of the list, by their codes; `pick` lets rows be selected."""

    def case(row: Row) -> Cell:
        cell = cells.text(row.meaning, href=reverse("case", args=[row.id]))
        return replace(cell, pick=str(row.id)) if pick and row.state == "open" else cell

    return {
        "case": Column("Case", case),
        "priority": Column("Act by", lambda c: _act_by(c, now)),
        "urgency": Column("Urgency", lambda c: cells.badge("urgency", c.urgency)),
        "about": Column("About", lambda c: cells.code(subject(c.facts))),
        "money": Column("At risk", lambda c: cells.money(c.money_at_risk_minor, c.currency or ""), end=True),
        "due": Column("Due", lambda c: cells.instant(c.due_at)),
        "assignee": Column("Whose", lambda c: cells.text(names.of(c.assignee))),
        "queue": Column("Queue", lambda c: cells.words(c.queue)),
        "role": Column(
            "Role", lambda c: cells.text(ROLES[c.owner_role].name if c.owner_role in ROLES else c.owner_role)
        ),
        "opened": Column("Opened", lambda c: cells.instant(c.opened_at)),
        "state": Column("State", lambda c: _state(c, now)),
        "outcome": Column("Outcome", lambda c: cells.text(c.outcome_words)),
    }


SHOWN = ("case", "priority", "urgency", "about", "money", "due", "assignee", "queue")
SHOWN_CLOSED = ("case", "about", "money", "opened", "state", "outcome", "queue")
ONLY_IN_FILES: tuple[Column[Row], ...] = (
    Column("Number", lambda c: cells.number(c.id)),
    Column("Kind", lambda c: cells.text(c.kind)),
    Column("Currency", lambda c: cells.text(c.currency or "")),
    Column("Act by (instant)", lambda c: cells.instant(c.rank_at)),
)


def role_name(code: str) -> str:
    """What a role is called."""
    return ROLES[code].name if code in ROLES else code


def _act_by(row: Row, now: datetime) -> Cell:
    left = row.rank_at - now
    told = f"in {span(left)}" if left >= timedelta(0) else f"{span(left)} ago"
    return Cell("text", told, row.rank_at.isoformat(), note=" ".join(explain(row, now).sentences), code=True)


def _state(row: Row, now: datetime) -> Cell:
    asleep = row.state == "open" and row.snoozed_until is not None and row.snoozed_until > now
    return cells.badge("case", "snoozed" if asleep else row.state)


def picked(wanted: Asked, of: Mapping[str, Column[Row]]) -> list[Column[Row]]:
    """The columns that an address asks for, or those that its kind of list has."""
    asked = [code for code in wanted.query.get("columns", "").split(",") if code in of]
    usual = SHOWN if wanted.chosen.get("state") == "open" else SHOWN_CLOSED
    return [of[code] for code in dict.fromkeys(asked or usual)]


def coins(currency: object) -> int:
    """How many smallest coins make one of a currency; a hundred where it is none that we know."""
    try:
        return int(10 ** places(str(currency or "")))
    except UnknownCurrency:
        return HUNDREDTHS


def minor(text: str, currency: object = "") -> int | None:
    """An amount as people type it ("1,240.50") in smallest coins; None for what is no amount."""
    try:
        value = Decimal(text.replace(",", "").replace(" ", "")) * coins(currency)
        return int(value) if value.is_finite() and 0 <= value < 2**53 else None
    except InvalidOperation:
        return None


def question_of(wanted: Asked) -> Question:
    """What an address asks; what cannot be read asks nothing."""
    chosen = {**wanted.chosen, "q": wanted.search}
    told: dict[str, Any] = {name: chosen[word] for word, name in NAMES.items() if chosen.get(word)}
    told["state"] = told.get("state", "any")
    told |= {name: int(chosen[word]) for word, name in NUMBERS.items() if chosen.get(word)}
    told |= {name: told[name].replace("\0", "").upper() for name in ("currency",) if name in told}
    told |= {name: minor(chosen[word], told.get("currency")) for word, name in AMOUNTS.items() if chosen.get(word)}
    told |= {name: told[name].replace("\0", "") for name in ("search",) if name in told}
    return Question(**told)


def address_of(told: Mapping[str, str | int], columns: Sequence[str] = ()) -> str:
    """The address of the list that asks a question, as it was kept."""
    query: dict[str, str] = {}
    for word, name in (*NAMES.items(), *NUMBERS.items()):
        if name in told:
            query[word] = "" if (word, told[name]) == ("state", "any") else str(told[name])
    for word, name in AMOUNTS.items():
        if name in told:
            query[word] = f"{Decimal(told[name]) / coins(told.get('currency')):f}"
    if columns:
        query["columns"] = ",".join(columns)
    return f"{reverse('cases')}?{urlencode(query)}" if query else reverse("cases")
