"""How signals about a customer become a score: the facts of a request, and what the table adds up.

A request has one score, because it is the customer who is looked at and not the line. Without a customer nothing
is known and there is none; without a policy of the kind there is none either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from counterflow.policies.queries import PolicyMissing, Score, add_up
from counterflow.returns.history import Asked, History, Year, rate_bp

REVIEW: Final = "fraud_review"
"""The code by which an eligibility row says that a person looks at the signals."""
_SCOPE: Final = ("brand", "family", "channel_kind", "reason_code", "customer_segment", "currency")


@dataclass(frozen=True)
class Request:
    """What a score is about: the sale facts of each line, the customer's key, and when the order was placed."""

    asked: Asked
    sales: Sequence[Mapping[str, Any]]
    placed_at: datetime | None


def facts_of(request: Request, history: History) -> dict[str, Any]:
    """The facts of a request. What its lines do not agree about is unknown; their values are added."""
    year, sales = history.year(request.asked), request.sales
    common = {name: _common([sale.get(name) for sale in sales]) for name in _SCOPE}
    ages = [sale["order_age_days"] for sale in sales if sale.get("order_age_days") is not None]
    return {
        **common,
        "value_minor": sum(int(sale["value_minor"]) for sale in sales),
        "order_age_days": min(ages, default=None),
        **_of_year(year),
        "first_order": _is_first(year, request.placed_at),
    }


def _of_year(year: Year) -> dict[str, Any]:
    return {
        "orders_365": year.orders,
        "returns_365": year.returns,
        "return_rate_bp": rate_bp(year.returned, year.bought),
        "returned_minor": year.returned_minor,
        "linked_accounts": len(year.linked),
        **{f"linked_by_{kind}": number for kind, number in year.linked_by.items()},
        "linked_return_rate_bp": rate_bp(year.linked_returned, year.linked_bought),
        "serial_mismatches": year.serial_mismatches,
        "empty_boxes": year.empty_boxes,
        "claims_after_delivery": year.claims,
    }


def _is_first(year: Year, placed_at: datetime | None) -> bool:
    """Whether nothing was ordered before."""
    return placed_at is not None and (year.first_order_at is None or placed_at <= year.first_order_at)


def _common(values: Sequence[Any]) -> Any:
    """What all say, or nothing."""
    return values[0] if values and all(value == values[0] for value in values) else None


def scores_for(facts: Sequence[Mapping[str, Any]], *, at: datetime, epoch: int | None) -> list[Score | None]:
    """The score of each record of facts; none where no such policy is in force."""
    try:
        return list(add_up("fraud", facts, at=at, epoch=epoch))
    except PolicyMissing:
        return [None] * len(facts)
