"""Where the goods of a return go and who pays for the way, as the routing policy said when it was opened.

What is announced to a node goes to that node; else a policy that names one decides, else the node that shipped the
order, else the first of ours. Nodes have no place on a map here, so *nearest* is the node that shipped, or the first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from counterflow.kernel import db
from counterflow.policies.queries import decisions

# Joined to a return `r`: the answer `d` that binds the whole parcel, and the node `n` it goes to.
ROUTE: Final = """
LEFT JOIN LATERAL (
    SELECT d.subject_id AS line_id, d.outcome ->> 'to' AS towards, d.outcome ->> 'node' AS named,
           d.outcome ->> 'label' AS label
    FROM returns_rmaline x JOIN policies_decision d ON d.subject_id = x.id AND d.kind = 'routing'
    WHERE x.rma_id = r.id AND NOT x.returnless
    ORDER BY CASE d.outcome ->> 'label' WHEN 'none' THEN 0 WHEN 'prepaid' THEN 1 ELSE 2 END, x.line_no, d.id LIMIT 1
) d ON true
LEFT JOIN LATERAL (
    SELECT m.code, m.name, m.address FROM facilities_node m
    WHERE m.active AND m.entity_id = r.entity_id
    ORDER BY m.id = (SELECT max(p.node_id) FROM logistics_parcel p WHERE p.rma_id = r.id) DESC NULLS LAST,
             (d.towards = 'named' AND m.code = d.named) DESC NULLS LAST,
             m.id = (SELECT max(s.node_id) FROM orders_shipment s WHERE s.order_id = r.order_id) DESC NULLS LAST, m.id
    LIMIT 1
) n ON true
"""
_ROUTE: Final = f"""
SELECT coalesce(n.code, '') AS node, d.label, d.line_id FROM returns_rma r {ROUTE}
WHERE r.number = %s AND r.state <> 'declined'
"""
PAYS: Final[Mapping[str, str]] = {
    "prepaid": "We pay for the way back",
    "customer_pays": "The customer pays for the way back",
    "none": "No label is given out",
}


@dataclass(frozen=True)
class Route:
    """Where a return goes, who pays, and the policy's own words; all empty where no policy was asked."""

    node: str = ""
    pays: str = ""
    text: str = ""
    customer_text: str = ""


def route(*, rma: str) -> Route:
    """The way back of a return, in words. At most three statements."""
    found = db.rows(_ROUTE, [rma])
    if not found or found[0].line_id is None:
        return Route(found[0].node if found else "")
    said = decisions(subject_ids=[found[0].line_id], kind="routing", limit=1)[0]
    return Route(found[0].node, PAYS.get(found[0].label, ""), said.text, said.customer_text)
