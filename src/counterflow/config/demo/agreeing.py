"""Agreement in the demo: what needs other people is asked for by a colleague, and others agree, by the commands.

Colleagues are users with roles and without passwords. Some requests of the demo are left waiting for whoever looks.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from counterflow.access.commands.create_users import NewUser, create_users
from counterflow.access.roles import ROLES
from counterflow.approvals.acts import written
from counterflow.approvals.commands.ask_approvals import AskApproval, ask_approvals
from counterflow.approvals.commands.decide_approvals import DecideApproval, decide_approvals
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, Done, Refused
from counterflow.kernel.context import Context
from counterflow.reconciliation.commands.adjust_stock import AdjustStock
from counterflow.refunds.commands.grant_goodwill import GrantGoodwill

DOMAIN: Final = "demo.example"
ASKERS: Final = {
    "open_rmas": "agent",
    "order_replacements": "agent",
    "grant_goodwill": "finance",
    "approve_early": "finance",
    "dispose_units": "inventory_controller",
    "post_adjustments": "inventory_controller",
    "adjust_stock": "inventory_controller",
}
"""Who asks for what."""
_WHO_AGREES: Final = (("finance", 2), ("finance", 3), ("inventory_controller", 2), ("executive", 2))
REASON: Final = "customer_care"
Result = Done | Refused


def address(role: str, number: int) -> str:
    """How a colleague signs in."""
    return f"{role.replace('_', '-')}-{number}@{DOMAIN}"


def colleagues(at: datetime) -> dict[tuple[str, int], str]:
    """The actors of the colleagues, by role and number; those who are missing are made."""
    wanted = sorted({*((role, 1) for role in ASKERS.values()), *_WHO_AGREES})
    users = [NewUser(address(role, n), f"{ROLES[role].name} (demo, {n})", (role,)) for role, n in wanted]
    made = create_users(Context.make("program:demo", ["*"], at, source="demo"), items=users)
    return {key: f"user:{done.facts['user_id']}" for key, done in zip(wanted, made.done, strict=True)}


def _as(actor: str, role: str, at: datetime, key: str | None) -> Context:
    return Context.make(actor, ROLES[role].permissions, at, key=key, source="demo")


def agreed(
    command: Callable[..., Batch], items: Sequence[Any], results: Sequence[Result], *, at: datetime, key: str | None
) -> list[Result]:
    """The results of a call, with what needed agreement asked for, agreed to and done; `key` names the call."""
    places = [n for n, r in enumerate(results) if isinstance(r, Refused) and r.code == "approval_needed"]
    if not places:
        return list(results)
    people = colleagues(at)
    role = ASKERS[command.__name__]
    asks = [AskApproval(f"demo:{results[n].identity}", command.__name__, written(items[n]), REASON) for n in places]
    asked = ask_approvals(_as(people[role, 1], role, at, key and f"{key}:ask"), items=asks)
    found: dict[int, Result] = dict(zip(places, asked, strict=True))
    waiting = {r.facts["request"]: n for n, r in found.items() if isinstance(r, Done)}
    left = {request: list(found[n].facts["roles"]) for request, n in waiting.items()}
    for who in _WHO_AGREES:
        mine = [request for request, roles in left.items() if who[0] in roles or "" in roles]
        if not mine:
            continue
        ctx = _as(people[who], who[0], at, key and f"{key}:agree:{who[0]}-{who[1]}")
        verdicts = [DecideApproval(request, "agree") for request in mine]
        for request, result in zip(mine, decide_approvals(ctx, items=verdicts), strict=True):
            left[request] = result.facts.get("open_roles", []) if isinstance(result, Done) else []
            told = result.facts.get("result", {}) if isinstance(result, Done) else {}
            before = results[waiting[request]].identity
            found[waiting[request]] = Done(before, told) if isinstance(result, Done) else result
    return [found.get(n, result) for n, result in enumerate(results)]


_ORDERS = """
SELECT c.code AS channel, o.number FROM orders_order o
JOIN orders_channel c ON c.id = o.channel_id
JOIN ledger_entity e ON e.id = c.entity_id AND e.currency = o.currency
JOIN orders_shipment s ON s.order_id = o.id
JOIN orders_shipmentline l ON l.shipment_id = s.id
WHERE NOT EXISTS (SELECT FROM refunds_credit k WHERE k.order_id = o.id)
GROUP BY o.id, c.code, o.number HAVING sum(l.invoiced_minor) >= 20000 ORDER BY o.id DESC LIMIT 2
"""
_SHELF = """
SELECT n.code AS node, i.sku FROM ledger_position p JOIN ledger_account a ON a.id = p.account_id
JOIN facilities_node n ON n.id = a.node_id JOIN catalog_item i ON i.id = a.item_id
WHERE a.state = 'available' AND a.bucket = 'pool' AND a.owner = 'us' AND p.quantity > 1 ORDER BY p.account_id LIMIT 1
"""


def leave_waiting(*, at: datetime) -> None:
    """Ask for goodwill on two orders and for the write-off of a piece, and let them wait."""
    people = colleagues(at)
    goodwill = [
        GrantGoodwill(
            f"demo:goodwill:{n}",
            2500 * n,
            "late_delivery",
            channel=row.channel,
            order=row.number,
            method="store_credit",
        )
        for n, row in enumerate(db.rows(_ORDERS), start=1)
    ]
    gone = [
        AdjustStock("demo:gone", row.node, row.sku, "available", "unexplained", 1, "not_found")
        for row in db.rows(_SHELF)
    ]
    for command, items in (("grant_goodwill", goodwill), ("adjust_stock", gone)):
        role = ASKERS[command]
        asks = [AskApproval(f"demo:waiting:{command}:{n}", command, written(i), REASON) for n, i in enumerate(items)]
        if asks:
            ask_approvals(_as(people[role, 1], role, at, None), items=asks)
