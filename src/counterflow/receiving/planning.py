"""Which plan a unit gets, and whether another person has to look at it too: asked of the policy `inspection_plan`.

Where no such policy is in force, or it names no plan that is active, a unit gets the plan of its family.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from counterflow.kernel import db
from counterflow.policies.queries import Answer, PolicyMissing, decide
from counterflow.receiving.planbook import Book
from counterflow.receiving.rules_plans import Plan

SALE = """
    LEFT JOIN returns_rmaline rl ON rl.id = u.rma_line_id
    LEFT JOIN returns_risk rk ON rk.rma_id = rl.rma_id
    LEFT JOIN orders_shipmentline sl ON sl.id = u.shipment_line_id
    LEFT JOIN orders_shipment sh ON sh.id = sl.shipment_id
    LEFT JOIN orders_order so ON so.id = sh.order_id
    LEFT JOIN returns_rma rr ON rr.id = rl.rma_id
    LEFT JOIN orders_channel sc ON sc.id = coalesce(rr.channel_id, so.channel_id)
"""
"""The tables that tell of the sale behind a unit `u`; what `SALE_COLUMNS` reads."""
SALE_COLUMNS = """
    rl.reason_code, sl.invoiced_minor * u.quantity / nullif(sl.quantity, 0) AS invoiced_minor,
    so.currency AS sold_currency, rk.score AS fraud_score,
    rr.number AS rma, sc.code AS channel
"""


@dataclass(frozen=True)
class Asked:
    """What the policy said of a unit: whether a second person has to look, which plan it names, and why in words."""

    answer: Answer | None = None

    @property
    def second_look(self) -> bool:
        """Whether another person has to inspect it as well before it passes."""
        return self.answer is not None and bool(self.answer.outcome["second_look"])

    @property
    def why(self) -> str:
        """The row's own words."""
        return self.answer.text if self.answer else ""

    def plan_in(self, plans: Book, family: str) -> Plan | None:
        """The plan it names, else that of the family."""
        named = self.answer.outcome["plan"] if self.answer else None
        return plans.plans.get(named or "") or plans.plan_for(family)


def ask(units: Sequence[Any], *, at: datetime, epoch: int | None = None) -> list[Asked]:
    """What the policy says of units, in their order; a unit has the columns of `_UNIT` as attributes."""
    try:
        return [Asked(answer) for answer in decide("inspection_plan", [_facts(u) for u in units], at=at, epoch=epoch)]
    except PolicyMissing:
        return [Asked() for _ in units]


def _facts(unit: Any) -> dict[str, Any]:
    return {
        "brand": unit.brand,
        "family": unit.family or None,
        "node": unit.node,
        "reason_code": unit.reason_code or None,
        "found": unit.found,
        "value_minor": unit.invoiced_minor,
        "currency": unit.sold_currency,
        "serial_tracked": unit.serial_tracked,
        "fraud_score": unit.fraud_score,
    }


_UNIT = f"""
SELECT b.code AS brand, i.family, n.code AS node, u.found, i.serial_tracked, {SALE_COLUMNS}
FROM receiving_unit u
JOIN catalog_item i ON i.id = u.item_id
JOIN facilities_node n ON n.id = u.node_id
LEFT JOIN catalog_brand b ON b.id = i.brand_id
{SALE}
WHERE u.id = %s
"""


def asked_of(*, unit_id: int, at: datetime) -> Asked:
    """What the policy says of one unit now. Two statements."""
    return ask(db.rows(_UNIT, [unit_id]), at=at)[0]
