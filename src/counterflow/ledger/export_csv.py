"""The journal as CSV, one row a line, for spreadsheets and other programs.

`amount` is a decimal number of `commodity`: money of the entity's currency, or pieces of a SKU, debit > 0.
Pieces are written always; the money rows of an entry sum to 0 for each entity, its pieces for each SKU.
"""

import csv
from typing import TextIO

from counterflow.kernel.sheets import closed
from counterflow.ledger import export_names as names
from counterflow.ledger.export import Books
from counterflow.ledger.journal import EntryRow

COLUMNS = {
    "entry": "id of the entry",
    "line": "number of the line in its entry, from 1",
    "entity": "code of the legal entity whose books the line is in",
    "kind": "kind of the entry, such as ship, receive, restock",
    "accounting_date": "day it is booked to, in the entity's zone",
    "happened_at": "instant it happened, UTC",
    "recorded_at": "instant it was recorded, UTC",
    "command": "id of the command that posted it",
    "reverses": "id of the entry it reverses, or empty",
    "account": "GL account or stock sub-account; empty on rows of pieces",
    "component": "qty (pieces), cost, allowance or money",
    "commodity": "currency, or SKU on rows of pieces",
    "amount": "decimal number of the commodity, debit > 0",
    "tx_currency": "currency agreed with the other side; empty on rows of pieces",
    "tx_amount": "amount in that currency",
    "rate": "entity's currency per unit of the agreed one",
    "subject": "opaque id of what the line is about, or empty",
    "state": "stock state of the place, empty on other accounts",
    "node": "code of the node",
    "owner": "us, consignor, customer or unknown",
    "custodian": "who has the goods in hand, where not the node",
    "sku": "SKU of the place",
    "lot": "lot of the place",
    "bucket": "pool or unit",
    "digest": "digest of the whole entry, hexadecimal",
}


class Csv:
    """Writes one file with a header."""

    def __init__(self, books: Books, out: TextIO) -> None:
        self.names = books.names
        self.rows = csv.writer(out, lineterminator="\n")

    def begin(self) -> None:
        """The header; opening balances are no lines and not written."""
        self.rows.writerow(COLUMNS)

    def entry(self, entry: EntryRow) -> None:
        """A row for each line."""
        dates = (entry.accounting_date, entry.happened_at.isoformat(), entry.recorded_at.isoformat())
        for line in entry.lines:
            sku = closed(self.names.items.get(line.item_id, str(line.item_id))) if line.item_id else ""
            amounts: tuple[object, ...]
            if line.component == "qty":
                amounts = (sku, line.amount, "", "", "")
            else:
                agreed = names.decimal(line.tx_amount, line.tx_currency)
                amounts = (
                    line.currency,
                    names.decimal(line.amount, line.currency),
                    line.tx_currency,
                    agreed,
                    line.rate,
                )
            self.rows.writerow(
                (
                    *(entry.id, line.n, line.entity, entry.kind, *dates, entry.command_id, entry.reverses or ""),
                    *(line.account, line.component, *amounts, line.subject_id or "", line.state),
                    *(self.names.nodes.get(line.node_id, line.node_id or ""), line.owner, closed(line.custodian), sku),
                    *(closed(line.lot), line.bucket, entry.digest),
                )
            )

    def end(self) -> None:
        """Nothing: a CSV asserts nothing."""
