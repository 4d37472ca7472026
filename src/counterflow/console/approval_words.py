"""Requests for agreement in words: what is asked, on which facts, what would be posted, what has changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from counterflow.access.roles import ROLES
from counterflow.approvals.queries import LineRow, RequestRow, RequestView
from counterflow.console import cells
from counterflow.console.badges import BADGES
from counterflow.console.cells import Cell, money_text
from counterflow.ledger.chart import GL_ACCOUNTS

ACT_WORDS: Final = {
    "goodwill": "Goodwill",
    "refund_early": "Refund before the milestone",
    "policy_override": "Return against policy",
    "replacement_early": "Goods sent ahead",
    "disposition": "Unit sent with a second person",
    "disposition_override": "Unit sent against policy",
    "adjustment": "Stock difference",
    "write_off": "Pieces written off",
    "policy_activation": "Policy put into force",
    "policy_end": "Policy retired",
}
_FACTS: Final = {
    "value_minor": "Money at stake",
    "total_minor": "With what went before",
    "reason_code": "Reason in the act",
    "node": "Node",
    "grade": "Grade",
    "damage_code": "Damage",
    "brand": "Brand",
    "family": "Family",
    "fraud_score": "Fraud score",
    "policy_kind": "Policy",
}
_MONEY: Final = ("value_minor", "total_minor")
_ITEM: Final = {"request_ref": "Reference", "rma": "Return", "lpn": "Plate", "sku": "SKU", "order": "Order"}
_WORDS: Final = ("reason", "method", "disposition", "override", "override_reason", "ahead", "from_state", "to_state")
_CODES: Final = ("rma", "lpn", "sku", "order", "node", "request_ref", "reference", "channel")


def what(row: RequestRow) -> str:
    """What is asked for."""
    return ACT_WORDS.get(row.act, row.act.replace("_", " ").capitalize())


def stake(row: RequestRow) -> Cell:
    """The money at stake; nothing where there is none."""
    return cells.money(row.value_minor, row.currency) if row.currency else cells.number(None)


def roles(wanted: Sequence[str]) -> str:
    """Who has to agree still."""
    names = [ROLES[role].name if role in ROLES else role if role else "Anybody who may agree" for role in wanted]
    return " and ".join(names)


def facts(found: RequestView) -> list[tuple[str, Cell]]:
    """The facts that the table saw, those people look for first."""
    told = {name: value for name, value in found.facts.items() if name not in ("act", "currency")}
    order = sorted(told, key=lambda name: (list(_FACTS).index(name) if name in _FACTS else len(_FACTS), name))
    return [
        (_FACTS.get(name, name.replace("_", " ").capitalize()), _fact(name, told[name], found.request.currency))
        for name in order
        if name not in _MONEY or found.request.currency
    ]


def _fact(name: str, value: Any, currency: str) -> Cell:
    if name in _MONEY:
        return cells.money(value, currency)
    if isinstance(value, bool):
        return cells.yes_no(value)
    return cells.words(str(value)) if name in ("reason_code", "damage_code") else cells.text(str(value))


def item(given: Mapping[str, Any], currency: str) -> list[tuple[str, Cell]]:
    """What was typed, without what was left empty; money is in the request's currency."""
    return [
        (_ITEM.get(name, name.removesuffix("_minor").replace("_", " ").capitalize()), _typed(name, value, currency))
        for name, value in sorted(given.items())
        if value not in (None, "", [], {}, False)
    ]


def _typed(name: str, value: Any, currency: str) -> Cell:
    if name in _CODES:
        return cells.code(str(value))
    if name in _WORDS:
        return cells.words(str(value))
    if name.endswith("_minor") and currency and isinstance(value, int):
        return cells.money(value, currency)
    if isinstance(value, (list, dict)):
        rows = value if isinstance(value, list) else [value]
        return cells.text("; ".join(_short(row) for row in rows))
    return cells.text("Yes" if value is True else str(value))


def _short(row: Any) -> str:
    if not isinstance(row, dict):
        return str(row)
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in row.items() if value not in (None, "", []))


@dataclass(frozen=True)
class Shown:
    """A line to be posted: account, what lies on it, pieces as they move, and the amount on one of two sides."""

    account: str
    state: str
    about: str
    pieces: Cell
    debit: str
    credit: str


def lines(found: Sequence[LineRow]) -> list[Shown]:
    """Lines as a journal shows them."""
    return [_line(line) for line in found]


def _line(line: LineRow) -> Shown:
    state = line.account.removeprefix("stock.")
    state = state if state in BADGES["stock"] else ""
    name = "" if state else GL_ACCOUNTS[line.account][1] if line.account in GL_ACCOUNTS else line.account
    amount = money_text(abs(line.amount), line.currency) if line.amount and line.currency else ""
    other = line.tx_currency and line.tx_currency != line.currency
    told = f" ({money_text(abs(line.tx_amount), line.tx_currency)})" if other and amount else ""
    about = " · ".join(part for part in (line.sku, line.node, line.entity) if part)
    pieces = cells.number(line.quantity, signed=True) if line.quantity else cells.text("")
    return Shown(
        name, state, about, pieces, amount + told if line.amount > 0 else "", amount + told if line.amount < 0 else ""
    )


def difference(found: RequestView) -> list[tuple[str, str, str]]:
    """What had changed: name, as it was asked, as it was then."""
    currency = found.request.currency
    return [
        (
            _FACTS.get(row["what"], str(row["what"]).capitalize()),
            _was(row["what"], row["old"], currency),
            _was(row["what"], row["new"], currency),
        )
        for row in found.difference
    ]


def _was(name: str, value: Any, currency: str) -> str:
    if value in (None, ""):
        return "–"
    if isinstance(value, int) and not isinstance(value, bool) and currency:
        if name in _MONEY or name.endswith(", amount"):
            return money_text(value, currency)
        return f"{value:,}"
    return str(value)


def outcome(found: RequestView) -> str:
    """How it ended, in one sentence."""
    ended = found.outcome or {}
    state = found.request.state
    if state == "overtaken":
        return str(ended.get("message", ""))
    return {
        "done": "It was done, as whoever asked, in the moment in which the last agreed.",
        "refused": "Somebody who had to agree refused it.",
        "withdrawn": "Whoever asked took it back.",
        "expired": "Nobody agreed in time. It can be asked for again.",
    }.get(state, "")
