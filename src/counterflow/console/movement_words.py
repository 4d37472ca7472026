"""Kinds of movements in words: one row a kind of the chart."""

from typing import Final

KINDS: Final[dict[str, str]] = {
    "open": "Opening stock",
    "ship": "Shipped to customer",
    "carrier_scan": "Handed to carrier",
    "lose": "Lost by carrier",
    "find": "Found by carrier",
    "not_in_parcel": "Not in the parcel",
    "receive": "Received",
    "match": "Matched to a return",
    "inspect": "Inspected",
    "restock": "Restocked",
    "refurbish": "Set aside for refurbishment",
    "scrap": "Scrapped",
    "to_supplier": "Set aside for supplier",
    "secondary": "Set aside for secondary channel",
    "quarantine": "Quarantined",
    "return_to_customer": "Rejected, goes back to customer",
    "hand_over": "Handed over",
    "send_back": "Sent back to customer",
    "start_refurbishment": "Refurbishment started",
    "finish_refurbishment": "Refurbishment finished",
    "cancel_refurbishment": "Refurbishment cancelled",
    "refurbishment_cost": "Refurbishment costs",
    "expense_refurbishment": "Refurbishment costs expensed",
    "write_down": "Written down",
    "set_aside": "Set aside",
    "sell_on": "Sold on",
    "ship_to_supplier": "Shipped to supplier",
    "supplier_credit": "Credited by supplier",
    "release": "Released from quarantine",
    "adjust": "Adjusted",
    "transform": "Turned into another item",
}


def kind_words(kind: str, *, reversal: bool = False) -> str:
    """A kind as people say it."""
    words = KINDS.get(kind, kind.replace("_", " ").capitalize())
    return f"{words}, taken back" if reversal else words
