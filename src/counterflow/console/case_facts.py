"""The facts of a case in words, with links to what they are about."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from counterflow.console import cells
from counterflow.console.cells import Cell

LABELS = {
    "rma": "Return",
    "order": "Order",
    "lpn": "Plate",
    "sku": "SKU",
    "tracking": "Tracking number",
    "found": "Arrived as",
    "rma_state": "State of the return",
    "rma_line": "Line",
    "empty": "Arrived empty",
    "quantity": "Pieces",
    "kind": "Reported",
    "source": "Reported by",
    "reported_minor": "Amount reported",
    "code": "Why it failed",
    "row": "Policy row",
    "reference": "Asked for",
    "payout_ref": "Payout",
    "partner_ref": "Partner's number",
    "act": "Act",
    "round": "Inspection",
}
LINKS = {
    "rma": ("return", "returns.view"),
    "lpn": ("unit", "receiving.view"),
    "sku": ("stock_item", "ledger.view"),
}
"""Which page a fact leads to, and the permission that opens it."""
FOUND = {"order": "orders.view", "tracking": "logistics.view"}
"""What search finds by its name, and the permission to find it."""
SPOKEN = ("kind", "code", "act")
"""Codes that are read as words."""
BADGED = {"found": "found", "rma_state": "rma"}
CODES = ("rma", "lpn", "order", "tracking", "sku", "reference")


def subject(facts: Mapping[str, Any]) -> str:
    """What a case is about, as people call it; empty where only we have a name for it."""
    return next((str(facts[name]) for name in CODES if facts.get(name)), "")


def shown(facts: Mapping[str, Any], currency: str, may: Callable[[str], bool]) -> list[tuple[str, Cell]]:
    """Facts as pairs of label and cell: what leads somewhere first. Our own ids and what is empty are left out."""
    told = {
        name: value for name, value in facts.items() if not name.endswith("_id") and value not in (None, "", [], {})
    }
    order = sorted(told, key=lambda name: (list(LABELS).index(name) if name in LABELS else len(LABELS), name))
    return [(_label(name), _cell(name, told[name], currency, may)) for name in order]


def _leads_to(name: str, value: str, may: Callable[[str], bool]) -> str:
    if name in FOUND:
        return f"{reverse('find')}?{urlencode({'q': value})}" if may(FOUND[name]) else ""
    url, needs = LINKS.get(name, ("", ""))
    return reverse(url, args=[value]) if url and may(needs) else ""


def _label(name: str) -> str:
    return LABELS.get(name, name.removesuffix("_minor").replace("_", " ").capitalize())


def _cell(name: str, value: Any, currency: str, may: Callable[[str], bool]) -> Cell:
    if name in BADGED:
        return cells.badge(BADGED[name], str(value))
    if name in CODES:
        return cells.code(str(value), href=_leads_to(name, str(value), may))
    if name.endswith("_minor") and currency and isinstance(value, int):
        return cells.money(value, currency)
    if isinstance(value, bool):
        return cells.yes_no(value)
    if isinstance(value, Mapping):
        return cells.text(", ".join(f"{part} of line {line}" for line, part in value.items()))
    if isinstance(value, list):
        return cells.text(", ".join(str(part) for part in value))
    if name in SPOKEN:
        return cells.words(str(value))
    return cells.text(str(value))
