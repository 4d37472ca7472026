"""Who may do what: every permission with its meaning, every role with its permissions.

A command names the permission it needs; a role is a row here. A permission that no row of
`PERMISSIONS` explains cannot be granted, and a role that names one does not start.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from counterflow.kernel.errors import InvariantBroken

PERMISSIONS: dict[str, str] = {
    "access.manage": "Create users, grant roles, reset passwords, switch accounts off",
    "access.erase": "Erase what is kept about a person",
    "access.issue_tokens": "Issue and revoke API tokens of one's own",
    "access.own": "Set one's own time zone",
    "catalog.view": "See items, suppliers and reason codes",
    "catalog.edit": "Change items, suppliers and reason codes",
    "evidence.view": "See photos of items, units, parcels and cases, and documents of cases",
    "evidence.keep": "Keep photos of items, units, parcels and cases, and documents of cases",
    "registry.view": "See who changed master data, from what to what",
    "registry.import": "Bring in files of master data of which one may change each record",
    "facilities.view": "See nodes and who reports for them",
    "facilities.edit": "Change nodes and who reports for them",
    "orders.view": "See orders, their lines, shipments and tenders",
    "orders.contact": "See how customers are reached, and correct it",
    "orders.record": "Record orders, shipments and payments as a channel tells them",
    "orders.ship": "Record that goods left for the customer",
    "policies.view": "See policies and the decisions they made",
    "policies.edit": "Write drafts of policies and propose them",
    "policies.review": "Agree to a policy that somebody else proposed",
    "policies.activate": "Let an approved policy answer, and retire one",
    "policies.install": "Put shipped policies into force without a second person",
    "policies.test": "Replay drafts of policies over past returns, and let them decide silently beside the active ones",
    "policies.override": "Decide against a policy, with a reason",
    "returns.view": "See returns",
    "returns.open": "Open a return",
    "returns.decide": "Accept or reject a return that waits for a person",
    "returns.cancel": "Cancel a return",
    "returns.match": "Match a unit to a line of a return",
    "desk.write": "Write messages to customers",
    "logistics.view": "See parcels and their milestones",
    "logistics.plan": "Make labels and announce parcels",
    "logistics.ship": "Ship rejected goods back to the customer",
    "logistics.observe": "Record what a carrier reports",
    "receiving.view": "See receipts and units",
    "receiving.receive": "Receive parcels and units",
    "receiving.inspect": "Inspect units and give a grade",
    "receiving.dispose": "Decide where an inspected unit goes",
    "receiving.approve": "Send a unit where policy wants a second person to agree",
    "receiving.release": "Release a unit that was set apart",
    "receiving.override": "Send a unit elsewhere than policy says, with a reason",
    "receiving.plan": "Publish inspection plans and say which family gets which",
    "receiving.refurbish": "Start and finish the refurbishment of a unit",
    "receiving.reverse": "Take back a mistaken receipt, inspection or disposal",
    "refunds.view": "See credits and how they were settled",
    "refunds.release": "Release a credit whose milestones are reached",
    "refunds.approve": "Release a credit before its milestones, or beyond its policy",
    "refunds.compensate": "Grant compensation beyond what was invoiced",
    "refunds.replace": "Order goods instead of money, and cancel that order",
    "refunds.pay": "Request the payout of a released credit",
    "refunds.observe": "Record what a payment provider reports",
    "recovery.view": "See refurbishment orders, sale lots and pallets",
    "recovery.load": "Open, fill and close lots and pallets",
    "recovery.sell": "Record what a buyer pays for a lot",
    "recovery.ship": "Ship pallets to suppliers and lots to their buyers",
    "recovery.credit": "Record what a supplier credited",
    "ledger.view": "See stock, journal, balances and periods",
    "ledger.open": "Post opening entries",
    "ledger.adjust": "Post adjusting entries",
    "ledger.reverse": "Reverse a journal entry",
    "ledger.close": "Close and reopen periods, seal partitions",
    "ledger.reserve": "Promise stock to somebody, and let go of it again",
    "ledger.hold": "Lay holds on stock and lift them",
    "ledger.export": "Export the journal",
    "reconciliation.view": "See statements, comparisons and breaks",
    "reconciliation.compare": "Compare a partner's statement with the ledger",
    "reconciliation.post": "Post the entries a comparison proposes",
    "counts.view": "See counts of stock, without what the books expect",
    "counts.count": "Count stock and record what was found",
    "desk.rules": "Say which letters go to customers by themselves",
    "approvals.view": "See what waits for somebody's agreement",
    "approvals.ask": "Ask others to agree to an act",
    "approvals.decide": "Agree to what others ask for, or refuse it",
    "approvals.delegate": "Let somebody stand in for oneself while away",
    "clocks.view": "See how long things may take, and what took longer",
    "clocks.edit": "Change calendars of working hours and holidays",
    "risk.view": "See signals of fraud about a customer's returns, with their reasons",
    "workqueue.view": "See cases",
    "workqueue.work": "Take, comment on and close cases",
}


INTEGRATOR = "integrator"
PEOPLE_ONLY: frozenset[str] = frozenset(
    {"policies.override", "receiving.override", "refunds.approve", "approvals.decide", "policies.review"}
)
"""What no program that reports to us may do, whatever other roles its user holds: it takes policies as they are, and
agrees to nothing."""


@dataclass(frozen=True)
class Role:
    """A job in the company: its name, what it is for, and what it may do."""

    code: str
    name: str
    purpose: str
    permissions: frozenset[str]


_EVERYBODY = ("access.own",)


def _role(code: str, name: str, purpose: str, *permissions: str) -> Role:
    unknown = set(permissions) - set(PERMISSIONS)
    if unknown:
        raise InvariantBroken(f"role {code} names permissions without a row: {sorted(unknown)}")
    return Role(code, name, purpose, frozenset({*_EVERYBODY, *permissions}))


_EVERY_VIEW = tuple(permission for permission in PERMISSIONS if permission.endswith(".view"))
_ASKS = ("approvals.view", "approvals.ask", "clocks.view")
_GOODS_VIEW = (
    "catalog.view",
    "evidence.view",
    "facilities.view",
    "orders.view",
    "returns.view",
    "logistics.view",
    "receiving.view",
    "recovery.view",
    "workqueue.view",
)

ROLES: dict[str, Role] = {
    role.code: role
    for role in (
        _role(
            "clerk",
            "Returns clerk",
            "Opens parcels, receives units, puts them away",
            *_GOODS_VIEW,
            *_ASKS,
            "counts.view",
            "counts.count",
            "evidence.keep",
            "logistics.observe",
            "receiving.receive",
            "receiving.dispose",
            "recovery.load",
            "receiving.refurbish",
            "logistics.ship",
            "workqueue.work",
        ),
        _role(
            "inspector",
            "Inspector",
            "Examines units, grades them, decides where they go",
            *_GOODS_VIEW,
            *_ASKS,
            "evidence.keep",
            "policies.view",
            "receiving.receive",
            "receiving.inspect",
            "receiving.dispose",
            "receiving.reverse",
            "workqueue.work",
        ),
        _role(
            "agent",
            "Service agent",
            "Helps customers: opens returns, tells where everything is",
            *_GOODS_VIEW,
            *_ASKS,
            "risk.view",
            "orders.contact",
            "evidence.keep",
            "policies.view",
            "refunds.view",
            "returns.open",
            "returns.decide",
            "returns.cancel",
            "returns.match",
            "policies.override",
            "refunds.replace",
            "desk.write",
            "logistics.plan",
            "workqueue.work",
        ),
        _role(
            "finance",
            "Finance controller",
            "Releases credits, pays them, closes the books",
            *_EVERY_VIEW,
            "approvals.ask",
            "approvals.decide",
            "approvals.delegate",
            "policies.test",
            "clocks.edit",
            "registry.import",
            "refunds.release",
            "refunds.approve",
            "refunds.compensate",
            "refunds.pay",
            "refunds.observe",
            "policies.edit",
            "policies.review",
            "policies.activate",
            "desk.rules",
            "ledger.reverse",
            "ledger.close",
            "ledger.export",
            "reconciliation.compare",
            "reconciliation.post",
            "workqueue.work",
        ),
        _role(
            "inventory_controller",
            "Inventory controller",
            "Keeps stock true: counts, adjusts, reconciles, holds",
            *(p for p in _EVERY_VIEW if p != "refunds.view"),
            "approvals.ask",
            "approvals.decide",
            "approvals.delegate",
            "policies.edit",
            "policies.review",
            "policies.activate",
            "policies.test",
            "clocks.edit",
            "catalog.edit",
            "evidence.keep",
            "facilities.edit",
            "registry.import",
            "receiving.receive",
            "receiving.inspect",
            "receiving.dispose",
            "receiving.reverse",
            "receiving.override",
            "receiving.approve",
            "receiving.refurbish",
            "recovery.load",
            "receiving.release",
            "receiving.plan",
            "returns.match",
            "ledger.open",
            "ledger.adjust",
            "ledger.reserve",
            "ledger.hold",
            "ledger.export",
            "reconciliation.compare",
            "reconciliation.post",
            "counts.count",
            "workqueue.work",
        ),
        _role(
            "supplier_manager",
            "Supplier manager",
            "Sends goods back to suppliers and recovers what they owe",
            *_GOODS_VIEW,
            *_ASKS,
            "evidence.keep",
            "catalog.edit",
            "registry.view",
            "registry.import",
            "policies.view",
            "receiving.dispose",
            "receiving.override",
            "recovery.load",
            "recovery.sell",
            "recovery.ship",
            "recovery.credit",
            "ledger.view",
            "workqueue.work",
        ),
        _role(
            "executive",
            "Operations executive",
            "Sees everything, and agrees where a table asks for an executive",
            *_EVERY_VIEW,
            "approvals.decide",
            "approvals.delegate",
            "policies.review",
        ),
        _role(
            INTEGRATOR,
            "Integrator",
            "A shop, carrier, warehouse or payment provider that reports to us",
            *(p for p in _EVERY_VIEW if p != "risk.view"),
            "access.issue_tokens",
            "evidence.keep",
            "orders.record",
            "orders.contact",
            "orders.ship",
            "ledger.reserve",
            "returns.open",
            "returns.cancel",
            "logistics.plan",
            "logistics.observe",
            "receiving.receive",
            "receiving.inspect",
            "receiving.dispose",
            "refunds.observe",
            "reconciliation.compare",
            "counts.count",
        ),
        _role("administrator", "Administrator", "Holds every permission", *PERMISSIONS),
    )
}


def permissions_for(roles: Iterable[str]) -> frozenset[str]:
    """All that these roles may do together; a role that no longer exists carries nothing."""
    return frozenset().union(*(ROLES[code].permissions for code in roles if code in ROLES))


def permissions_by_token(roles: Collection[str], scopes: Iterable[str]) -> frozenset[str]:
    """What a token with these scopes may do for a user with these roles: no more than the user may now.

    A token of an integrator does nothing that is for people only, whatever other roles its user holds.
    """
    held = permissions_for(roles) & frozenset(scopes)
    return held - PEOPLE_ONLY if INTEGRATOR in roles else held
