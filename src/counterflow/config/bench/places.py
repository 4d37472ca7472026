"""Every page of the console with real objects to show on it: what walks over all pages go by.

A page names its objects in its address. How to find some of a kind is a row of `SAMPLES`, by the page's name
and the argument or by the argument alone; a page whose argument has no row cannot be walked, and a test says so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import urlencode

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from counterflow.kernel import db

KINDS = (
    "items",
    "suppliers",
    "brands",
    "reasons",
    "mappings",
    "channels",
    "nodes",
    "authorities",
    "calendars",
    "users",
)
OF_PROGRAMS = "api/v1/"
_LOADS = (
    "SELECT number AS it FROM (SELECT DISTINCT ON (state) id, number FROM recovery_load WHERE kind = '{}'"
    " ORDER BY state, id DESC) s ORDER BY id DESC"
)
_POLICIES = (
    "SELECT kind AS it, version AS other FROM (SELECT DISTINCT ON (state) id, kind, version"
    " FROM policies_policyversion WHERE {} ORDER BY state, id DESC) s ORDER BY id DESC"
)
SAMPLES: dict[str, str] = {
    # One of each state, the newest: pages differ by state.
    "number": "SELECT number AS it FROM (SELECT DISTINCT ON (state) id, number FROM returns_rma"
    " ORDER BY state, id DESC) s ORDER BY id DESC",
    "lpn": "SELECT lpn AS it FROM (SELECT DISTINCT ON (state) id, lpn FROM receiving_unit"
    " ORDER BY state, id DESC) s ORDER BY id DESC",
    "case_id": "SELECT id AS it FROM (SELECT DISTINCT ON (kind, state) id FROM workqueue_case"
    " ORDER BY kind, state, id DESC) s ORDER BY id DESC",
    "request_id": "SELECT id AS it FROM (SELECT DISTINCT ON (state, act) id FROM approvals_request"
    " ORDER BY state, act, id DESC) s ORDER BY id DESC",
    "delegation_id": "SELECT id AS it FROM approvals_delegation ORDER BY id DESC",
    "entry_id": "SELECT id AS it FROM (SELECT DISTINCT ON (kind) id FROM ledger_entry"
    " ORDER BY kind, id DESC) s ORDER BY id DESC",
    # One that runs, one that is late, one that ended in time and one that did not.
    "clock_id": "SELECT id AS it FROM (SELECT DISTINCT ON (stopped_at IS NULL, breached_at IS NULL) id"
    " FROM clocks_clock ORDER BY stopped_at IS NULL, breached_at IS NULL, id DESC) s ORDER BY id DESC",
    "credit_id": "SELECT id AS it FROM refunds_credit ORDER BY id DESC",
    "count_id": "SELECT id AS it FROM (SELECT DISTINCT ON (state) id FROM reconciliation_count"
    " ORDER BY state, id DESC) s ORDER BY id DESC",
    "statement_id": "SELECT id AS it FROM reconciliation_statement ORDER BY id DESC",
    "backtest_id": "SELECT id AS it FROM (SELECT DISTINCT ON (kind, state) id FROM backtests_backtest"
    " ORDER BY kind, state, id DESC) s ORDER BY id DESC",
    "shadow_id": "SELECT id AS it FROM policies_shadow ORDER BY id DESC",
    "sku": "SELECT i.sku AS it FROM catalog_item i WHERE EXISTS (SELECT FROM ledger_account a WHERE a.item_id = i.id)"
    " ORDER BY i.id DESC",
    "email": "SELECT email AS it FROM access_user ORDER BY id DESC",
    "prefix": "SELECT prefix AS it FROM access_apitoken ORDER BY id DESC",
    "inspect_unit": "SELECT lpn AS it FROM receiving_unit WHERE state = 'received' ORDER BY id DESC",
    "photo_id": "SELECT id AS it FROM evidence_photo WHERE erased_at IS NULL ORDER BY id DESC",
    "document_id": "SELECT id AS it FROM evidence_document WHERE erased_at IS NULL ORDER BY id DESC",
    "plan": "SELECT code AS it FROM receiving_plan WHERE active ORDER BY id DESC",
    "order": "SELECT c.code AS it, o.number AS other FROM orders_order o JOIN orders_channel c ON c.id = o.channel_id"
    " ORDER BY o.id DESC",
    "return_risk": "SELECT r.number AS it FROM returns_risk k JOIN returns_rma r ON r.id = k.rma_id"
    " ORDER BY k.score DESC, k.id DESC",
    **dict.fromkeys(
        ("order_risk", "order_claim"),
        "SELECT c.code AS it, o.number AS other FROM returns_risk k JOIN returns_rma r ON r.id = k.rma_id"
        " JOIN orders_order o ON o.id = r.order_id JOIN orders_channel c ON c.id = o.channel_id"
        " ORDER BY k.score DESC, k.id DESC",
    ),
    "unit_label": "SELECT lpn AS it, 'pdf' AS other FROM receiving_unit ORDER BY id DESC",
    "tote_label": "SELECT code AS it FROM facilities_tote ORDER BY id DESC",
    "master_items_one": "SELECT sku AS it FROM catalog_item ORDER BY id DESC",
    "master_suppliers_one": "SELECT code AS it FROM catalog_supplier ORDER BY id DESC",
    "master_brands_one": "SELECT code AS it FROM catalog_brand ORDER BY id DESC",
    "master_reasons_one": "SELECT kind || ':' || code AS it FROM catalog_reasoncode ORDER BY id DESC",
    "master_mappings_one": "SELECT source || ':' || text AS it FROM catalog_reasonmapping ORDER BY id DESC",
    "master_channels_one": "SELECT code AS it FROM orders_channel ORDER BY id DESC",
    "master_nodes_one": "SELECT code AS it FROM facilities_node ORDER BY id DESC",
    "master_authorities_one": "SELECT n.code || ':' || a.message_kind AS it"
    " FROM facilities_authority a JOIN facilities_node n ON n.id = a.node_id ORDER BY a.id DESC",
    "master_calendars_one": "SELECT code AS it FROM clocks_calendar ORDER BY id DESC",
    # One of each state of one kind: pages differ by state.
    **dict.fromkeys(("policy", "policy_try", "policy_draft"), _POLICIES.format("true")),
    "policy_kind": "SELECT DISTINCT kind AS it FROM policies_policyversion ORDER BY it DESC",
    "policy_compare": "SELECT kind AS it FROM policies_policyversion GROUP BY kind ORDER BY count(*) DESC, kind",
    "policy_export": "SELECT kind AS it, version AS other, 'json' AS third FROM policies_policyversion"
    " ORDER BY id DESC",
    # Drafts of one state that differ: one that is sound and one that is not.
    **dict.fromkeys(
        ("policy_edit", "policy_step"),
        "SELECT kind AS it, version AS other FROM policies_policyversion WHERE state = 'draft' ORDER BY id DESC",
    ),
    "policy_submit": _POLICIES.format("state = 'draft'"),
    "policy_review": _POLICIES.format("state = 'in_review'"),
    "policy_activate": _POLICIES.format("state = 'approved'"),
    "policy_end": _POLICIES.format("state = 'in_review'"),
    **{
        f"master_{kind}_{page}": f"SELECT id AS it FROM registry_intake WHERE kind = '{kind}' ORDER BY id DESC"
        for kind in KINDS
        for page in ("intake", "report")
    },
    **dict.fromkeys(
        ("unidentified_unit", "unidentified_tell", "unidentified_match"),
        "SELECT lpn AS it FROM receiving_unit WHERE rma_line_id IS NULL AND stock_state IN"
        " ('received', 'inspection', 'quarantine') ORDER BY id DESC",
    ),
    **dict.fromkeys(
        ("refurbishment", "refurbishment_cost", "refurbishment_finish", "refurbishment_cancel"),
        "SELECT number AS it FROM (SELECT DISTINCT ON (state) id, number FROM recovery_refurbishment"
        " ORDER BY state, id DESC) s ORDER BY id DESC",
    ),
    **dict.fromkeys(("lot", "lot_sell"), _LOADS.format("lot")),
    **dict.fromkeys(("pallet", "pallet_label"), _LOADS.format("pallet")),
    **dict.fromkeys(
        ("packing_list", "load_scan", "load_add_pieces", "load_remove", "load_move", "load_ship"),
        _LOADS.format("pallet"),
    ),
    # A carrier's label and its own return; a credit and its own.
    "carrier_label": "SELECT r.number AS it, l.id AS other FROM desk_label l JOIN returns_rma r ON r.id = l.rma_id"
    " ORDER BY l.id DESC",
    "return_pay": "SELECT r.number AS it, c.id AS other FROM refunds_credit c JOIN returns_rma r ON r.id = c.rma_id"
    " ORDER BY c.id DESC",
}

ASKED: dict[str, tuple[str, tuple[str, ...]]] = {
    "desk_ask": ("order", ("channel", "number")),
    "goodwill": ("order", ("channel", "order")),
}
"""Pages that take their object as a question: the row of `SAMPLES` that has it, and the names of its parts."""
SEARCHES: dict[str, tuple[str, ...]] = {
    "returns": ("?q=tee", "?state=closed", "?state=authorised", "?sort=number"),
    "clocks": ("?state=late", "?state=paused", "?state=ended&stage=received", "?state=ended_late&since=2026-01-01"),
    "clock_report": ("?by=cause", "?by=week&since=2026-01-01", "?by=node&stage=label"),
    "cases": ("?state=", "?whose=mine", "?queue=money", "?role=mine", "?due=overdue", "?order=money", "?q=RMA-1"),
    "cases_chosen": ("?all=1",),
    "users": ("?q=demo",),
    "refurbishments": ("?q=RO-1", "?state=open"),
    "lots": ("?state=shipped",),
    "pallets": ("?q=PAL-1",),
    "find": ("?q=RMA-1", "?q=nothing-of-that-name"),
}
"""Questions that a page is asked besides opening it."""
ANYWHERE: dict[str, tuple[str, str]] = {
    "number": ("returns_rma", "number"),
    "lpn": ("receiving_unit", "lpn"),
    "case_id": ("workqueue_case", "id"),
    "entry_id": ("ledger_entry", "id"),
}
"""Where objects of any age are found, by argument: a table and its column."""


@dataclass(frozen=True)
class Place:
    """An address that the console answers: its name, and the arguments in it."""

    name: str
    arguments: tuple[str, ...]

    @property
    def sample(self) -> str | None:
        """The question that finds its objects; empty where it needs none, None where nobody wrote one."""
        if not self.arguments:
            return SAMPLES[ASKED[self.name][0]] if self.name in ASKED else ""
        return SAMPLES.get(self.name) or (SAMPLES.get(self.arguments[0]) if len(self.arguments) == 1 else None)

    def addresses(self, most: int = 1) -> list[str]:
        """Up to so many addresses of this page, each with another object; none where there is no object."""
        query = self.sample
        if not query:
            return [] if query is None else [reverse(self.name)]
        return [self._address(list(row)) for row in db.rows(f"{query} LIMIT %s", [most])]

    def _address(self, parts: list[Any]) -> str:
        if self.name in ASKED:
            return f"{reverse(self.name)}?{urlencode(dict(zip(ASKED[self.name][1], parts, strict=True)))}"
        return reverse(self.name, args=parts)

    def anywhere(self, most: int, dice: Random) -> list[str]:
        """Addresses of objects from anywhere in history; none where only the newest are known."""
        if len(self.arguments) != 1 or self.name in SAMPLES or self.arguments[0] not in ANYWHERE:
            return []
        table, column = ANYWHERE[self.arguments[0]]
        bounds = db.rows(f"SELECT min(id) AS low, max(id) AS high FROM {table}")[0]
        query = f"SELECT {column} AS it FROM {table} WHERE id >= %s ORDER BY id LIMIT 1"
        found = [db.rows(query, [dice.randint(bounds.low, bounds.high)])[0].it for _ in range(most)]
        return [reverse(self.name, args=[it]) for it in found]


def places() -> list[Place]:
    """Every named address of people, in the order of the address tables; programs have addresses of their own."""
    return list(_inside(get_resolver()))


def _inside(resolver: URLResolver) -> Iterator[Place]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            if str(entry.pattern) != OF_PROGRAMS:
                yield from _inside(entry)
        elif isinstance(entry, URLPattern) and entry.name:
            yield Place(entry.name, tuple(entry.pattern.converters))
