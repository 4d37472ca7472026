"""The demo company's master data: entities, nodes, brands, channels, items, reasons, policies, opening stock."""

from collections.abc import Sequence
from datetime import datetime

from counterflow.catalog.commands import (
    MapReason,
    NewBrand,
    NewReason,
    NewSupplier,
    map_reasons,
    record_brands,
    record_items,
    record_reasons,
    record_suppliers,
)
from counterflow.config.demo.assortment import BRANDS, SUPPLIERS, Product
from counterflow.config.demo.calendar import Year
from counterflow.config.demo.clocks import record_hours
from counterflow.config.demo.desk import Desk
from counterflow.config.demo.network import NODES, OUTLETS, entities
from counterflow.facilities.commands.record_nodes import record_nodes
from counterflow.ledger.commands.keep_entities import keep_entities
from counterflow.ledger.commands.open_books import OpenStock, open_books
from counterflow.orders.commands import NewChannel, record_channels
from counterflow.policies.commands import install_default_policies
from counterflow.receiving.commands.install_default_plans import install_default_plans

RETURN_REASONS = {
    "too_small": "Too small",
    "too_big": "Too big",
    "no_longer_wanted": "No longer wanted",
    "found_cheaper": "Found cheaper elsewhere",
    "arrived_late": "Arrived too late",
    "defective": "Does not work",
    "not_as_described": "Not as described",
    "wrong_item": "Another item was sent",
    "damaged_in_transit": "Damaged on the way",
    "missing_parts": "Parts are missing",
    "not_stated": "No reason on record",
}
DAMAGE_CODES = {
    "none": "No damage",
    "worn": "Signs of wear",
    "customer_damage": "Damaged by the customer",
    "manufacturing_defect": "Fault of manufacture",
    "dead_on_arrival": "Never worked",
    "contaminated": "Contaminated",
    "leaking": "Leaking",
    "hazardous": "Hazardous",
    "counterfeit": "Counterfeit",
    "serial_mismatch": "Another serial number",
}
OVERRIDES = {
    "history": "Accepted at the time, as the order book tells",
    "goodwill": "Goodwill",
    "second_look": "Decided after a second look",
    "scanned_by_mistake": "Scanned by mistake",
}
WORDS = {
    "market-one": {
        "CR-TOO_SMALL": "too_small",
        "CR-TOO_LARGE": "too_big",
        "CR-UNWANTED_ITEM": "no_longer_wanted",
        "CR-FOUND_BETTER_PRICE": "found_cheaper",
        "CR-DEFECTIVE": "defective",
        "CR-NOT_AS_DESCRIBED": "not_as_described",
        "CR-SWITCHEROO": "wrong_item",
        "CR-DAMAGED_BY_CARRIER": "damaged_in_transit",
        "CR-MISSING_PARTS": "missing_parts",
        "CR-MISSED_ESTIMATED_DELIVERY": "arrived_late",
    },
    "market-two": {
        "zu klein": "too_small",
        "zu groß": "too_big",
        "gefällt nicht": "no_longer_wanted",
        "günstiger gefunden": "found_cheaper",
        "defekt": "defective",
        "nicht wie beschrieben": "not_as_described",
        "falscher Artikel": "wrong_item",
        "Transportschaden": "damaged_in_transit",
        "unvollständig": "missing_parts",
        "zu spät geliefert": "arrived_late",
    },
}
"""What the marketplaces call the reasons."""
UNMAPPED_WORD = "CR-UNSPECIFIED_47"
"""A word of Market One that nobody has mapped."""


def make_company(desk: Desk, year: Year, products: Sequence[Product], stock: Sequence[OpenStock]) -> None:
    """Record everything a company has before its first order. Raises `StepRefused`."""
    install_default_policies(desk.context(year.begin, "policies"))
    install_default_plans(desk.context(year.begin, "plans"))
    reasons(desk, at=year.begin)
    desk.must(keep_entities, entities(year.begin.date()), at=year.begin, step="entities")
    desk.must(record_nodes, NODES, at=year.begin, step="nodes")
    record_hours(desk, year)
    desk.must(record_brands, [NewBrand(code, name) for code, name in BRANDS.items()], at=year.begin, step="brands")
    suppliers = [NewSupplier(code, name) for code, name in SUPPLIERS.items()]
    desk.must(record_suppliers, suppliers, at=year.begin, step="suppliers")
    channels = [NewChannel(o.code, o.name, o.kind, o.brand, o.entity, o.currency, o.zone) for o in OUTLETS]
    desk.must(record_channels, channels, at=year.begin, step="channels")
    desk.must(record_items, [product.item for product in products], at=year.begin, step="items")
    words = [MapReason(channel, word, "return", code) for channel, said in WORDS.items() for word, code in said.items()]
    desk.must(map_reasons, words, at=year.begin, step="words")
    desk.must(open_books, stock, at=year.begin, step="opening")


def reasons(desk: Desk, *, at: datetime) -> None:
    """The reason codes that policies, inspections and overrides use."""
    rows = [
        *(NewReason("return", code, label) for code, label in RETURN_REASONS.items()),
        *(NewReason("damage", code, label) for code, label in DAMAGE_CODES.items()),
        *(NewReason("override", code, label) for code, label in OVERRIDES.items()),
    ]
    desk.must(record_reasons, rows, at=at, step="reasons")
