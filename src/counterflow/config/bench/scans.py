"""Scans with much behind them: from the scan to the next screen, as the stations send them."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from django.test import Client

from counterflow.kernel import db

HX = {"HX-Request": "true"}


@dataclass(frozen=True)
class Scan:
    """One scan: what kind it is, where it goes, and what the form carries."""

    kind: str
    address: str
    data: dict[str, str]

    def send(self, client: Client) -> None:
        """Send it and follow it to the next screen."""
        answer = client.post(self.address, self.data, headers=HX, follow=True)
        if answer.status_code != 200:
            raise RuntimeError(f"{self.kind}: {self.address} answered {answer.status_code}")


def scans(client: Client, count: int, dice: Random) -> Iterator[list[Scan]]:
    """Scans of each kind, of things from anywhere in history; the session is told its node first."""
    node = db.rows(
        "SELECT n.code FROM facilities_node n JOIN receiving_unit u ON u.node_id = n.id ORDER BY u.id DESC LIMIT 1"
    )[0].code
    client.post("/receive/node", {"node": node})
    for kind, address, table, column in (
        ("receive: a return's number", "/receive/scan", "returns_rma", "number"),
        ("receive: a tracking number", "/receive/scan", "logistics_parcel", "tracking"),
        ("receive: a plate, its page", "/receive/scan", "receiving_unit", "lpn"),
        ("inspect: a plate, its sheet", "/inspect/scan", "receiving_unit", "lpn"),
        ("put away: a plate", "/put-away/scan", "receiving_unit", "lpn"),
    ):
        yield [Scan(kind, address, {"scan": text}) for text in _anywhere(table, column, count, dice)]
    pieces = db.rows(
        "SELECT r.number, i.sku FROM returns_rma r JOIN returns_rmaline l ON l.rma_id = r.id"
        " JOIN catalog_item i ON i.id = l.item_id AND NOT i.serial_tracked"
        " WHERE r.state = 'authorised' AND l.authorised_qty > l.allocated_qty + l.cancelled_qty"
        " ORDER BY r.id DESC LIMIT %s",
        [count],
    )
    yield [
        Scan("receive: a piece, posted", "/receive/scan", {"scan": row.sku, "rma": row.number, "quantity": "1"})
        for row in pieces
    ]
    texts = [f"nothing-{n}" for n in range(count)]
    yield [Scan("receive: what nobody knows", "/receive/scan", {"scan": text}) for text in texts]


def _anywhere(table: str, column: str, count: int, dice: Random) -> list[str]:
    bounds = db.rows(f"SELECT min(id) AS low, max(id) AS high FROM {table}")[0]
    query = f"SELECT {column} AS it FROM {table} WHERE id >= %s ORDER BY id LIMIT 1"
    return [str(db.rows(query, [dice.randint(bounds.low, bounds.high)])[0].it) for _ in range(count)]
