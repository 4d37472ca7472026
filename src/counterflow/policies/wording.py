"""Tables in the words of their readers: what a fact is called, what a cell lets through, what an answer says.

Money is written with two decimals and without a currency, because a threshold means minor units of whatever
currency the facts are in. Basis points are written as percent, a month and day as a date without a year.
"""

import re
from calendar import month_abbr
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from counterflow.policies import cells
from counterflow.policies.cells import Anything, Cell, NoneOf, OneOf, Range
from counterflow.policies.facts import FACTS, Fact, Kind, Type

QUESTIONS: Final[Mapping[str, str]] = {
    Kind.ELIGIBILITY: "May it come back?",
    Kind.REFUND: "What releases the money, and how is it paid?",
    Kind.DISPOSITION: "Where does the unit go?",
    Kind.ROUTING: "Where is it sent, and who pays the way back?",
    Kind.INSPECTION_PLAN: "What is looked at when it arrives?",
    Kind.APPROVAL: "Who else has to agree?",
    Kind.SLA: "How long may it take, and who hears when it takes longer?",
    Kind.FRAUD: "How much speaks for fraud?",
}
LABELS: Final[Mapping[str, str]] = {
    "family": "Item family",
    "channel_kind": "Sold through",
    "reason_code": "Reason",
    "customer_segment": "Customer",
    "order_age_days": "Days since delivery",
    "zone": "Consumer law",
    "sold_mmdd": "Sold on",
    "blind": "No sale behind it",
    "days_left_of_window": "Days left of promise",
    "quantity_left": "Pieces left",
    "opened": "Seal broken",
    "serial_tracked": "Has a serial number",
    "damage_code": "Damage",
    "total_minor": "With what went before",
    "unit_cost_minor": "Book value",
    "supplier_terms": "Supplier takes it back",
    "serial_matches": "Serial is the one sold",
    "weight_g": "Weight in grams",
    "found": "Arrived as",
    "act": "What is asked for",
    "case_kind": "Kind of case",
    "policy_kind": "Kind of policy",
    "stage": "What is waited for",
    "window_days": "Window in days",
    "restocking_fee_bp": "Restocking fee",
    "shipping_refundable": "Shipping refunded",
    "returnless": "Customer keeps it",
    "needs_approval": "Second person agrees",
    "to": "Goes to",
    "label": "Way back paid by",
    "plan": "Inspection plan",
    "approvers": "People who agree",
    "role": "Role of the first",
    "second_role": "Role of the second",
    "expires_hours": "Expires after hours",
    "due_hours": "Late after hours",
    "warn_hours": "Warned hours before",
    "escalate_to": "Escalates to",
    "opens_case": "Opens a case",
    "milestone": "Released by",
    "method": "Paid as",
    "code": "Code for programs",
    "orders_365": "Orders in a year",
    "returns_365": "Returns in a year",
}
_UNITS: Final = ("_minor", "_bp")
_SPOKEN: Final[Mapping[str, str]] = {"eea": "EEA", "uk": "UK", "ch": "Switzerland", "us": "US", "b2b": "B2B"}
_NAME: Final = re.compile(r"'[^']*'|\"[^\"]*\"|\$|[A-Za-z_]\w*")
"""Words of an expression; what stands in quotes is one of them and stays."""
ANY: Final = "any"
UNKNOWN: Final = "unknown"


def label(fact: Fact) -> str:
    """What a column is called: "Days since delivery" for `order_age_days`."""
    if fact.name in LABELS:
        return LABELS[fact.name]
    name = fact.name
    for unit in _UNITS:
        name = name.removesuffix(unit)
    return name.replace("_", " ").capitalize()


def is_money(fact: Fact) -> bool:
    """Whether a fact is an amount in minor units."""
    return fact.type is Type.INTEGER and fact.name.endswith("_minor")


def is_rate(fact: Fact) -> bool:
    """Whether a fact is a rate in basis points."""
    return fact.type is Type.INTEGER and fact.name.endswith("_bp")


def value_words(fact: Fact, value: Any) -> str:
    """A value of a fact or of a part of the answer as people say it."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return number_words(fact, value)
    return _SPOKEN.get(str(value), str(value).replace("_", " "))


def number_words(fact: Fact, value: int) -> str:
    """A whole number as people say it: 200000 minor units read 2,000.00, 1500 basis points 15 %."""
    if is_money(fact):
        return f"{Decimal(value).scaleb(-2):,.2f}"
    if is_rate(fact):
        return f"{Decimal(value).scaleb(-2).normalize():f} %"
    if fact.name == "sold_mmdd" and 1 <= value // 100 <= 12 and 1 <= value % 100 <= 31:
        return f"{value % 100} {month_abbr[value // 100]}"
    return f"{value:,}"


def cell_words(fact: Fact, text: str) -> str:
    """What a cell lets through: "at most 14", "is vip or employee"; nothing for any value."""
    return _words(fact, cells.read(text))


def condition_words(fact: Fact, text: str) -> str:
    """A condition as a sentence: "Days since delivery: at most 14"."""
    return f"{label(fact)}: {cell_words(fact, text) or ANY}"


def _words(fact: Fact, cell: Cell) -> str:
    match cell:
        case Anything():
            return ""
        case OneOf(values):
            return _listed(fact, values)
        case NoneOf(values) if values == {None}:
            return "known"
        case NoneOf(values):
            return f"not {_listed(fact, values)}"
        case Range(least, most):
            return _span(fact, least, most)
    return _expression(fact, cell.text)


def _expression(fact: Fact, text: str) -> str:
    """An expression with the names of its facts as columns are called: `$` is the fact of its own column."""
    named = {each.name: label(each) for facts in FACTS.values() for each in facts}
    return _NAME.sub(lambda found: label(fact) if found[0] == "$" else named.get(found[0], found[0]), text)


def _span(fact: Fact, least: int | None, most: int | None) -> str:
    if least is None and most is None:
        return "known"
    if least is None or most is None:
        bound = number_words(fact, most if least is None else least)  # type: ignore[arg-type]
        dated = fact.name == "sold_mmdd"
        return f"{('until' if dated else 'at most') if least is None else ('from' if dated else 'at least')} {bound}"
    if least == most:
        return number_words(fact, least)
    return f"{number_words(fact, least)} to {number_words(fact, most)}"


def _listed(fact: Fact, values: Iterable[Any]) -> str:
    """Values in the order of the fact's own choices, else of the alphabet; unknown last."""
    order = {choice: place for place, choice in enumerate(fact.choices)}
    known = sorted((v for v in values if v is not None), key=lambda v: (order.get(str(v), 0), str(v)))
    said = [value_words(fact, value) for value in known]
    if None in values:
        said.append(UNKNOWN)
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} or {said[-1]}"


def facts_of(kind: str) -> Mapping[str, Fact]:
    """The facts of a kind by name."""
    return {fact.name: fact for fact in FACTS[kind]}
