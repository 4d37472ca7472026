"""Where the demo company sells and keeps its goods: entities, nodes, channels."""

from dataclasses import dataclass
from datetime import date

from counterflow.facilities.commands.record_nodes import RecordNode
from counterflow.ledger.commands.keep_entities import KeepEntity

UK, EU = "demo-uk", "demo-eu"
NODES = (
    RecordNode("dc-north", "DC North", "dc", UK, "Europe/London"),
    RecordNode("dc-central", "DC Central", "dc", EU, "Europe/Berlin"),
    RecordNode("3pl-east", "3PL East", "3pl", EU, "Europe/Warsaw"),
    RecordNode("market-one-hub", "Market One's warehouse", "marketplace", UK, "Europe/London", pool="market-one"),
)


def entities(go_live: date) -> list[KeepEntity]:
    """Two of them, whose books begin on a day."""
    return [
        KeepEntity(UK, "Demo Trading Ltd (simulated)", "GBP", go_live, "Europe/London", "everything"),
        KeepEntity(EU, "Demo Handel GmbH (simulated)", "EUR", go_live, "Europe/Berlin", "everything"),
    ]


@dataclass(frozen=True)
class Outlet:
    """A channel with what the simulation wants to know of it.

    `nodes` and `countries` carry weights; `share` is the channel's part of all orders in per cent;
    `markup` turns a price in pence into one in the channel's currency, in per cent.
    """

    code: str
    name: str
    kind: str
    brand: str
    entity: str
    currency: str
    zone: str
    prefix: str
    share: int
    nodes: tuple[tuple[str, int], ...]
    countries: tuple[tuple[str, int], ...]
    tender: str
    carrier: str
    markup: int = 100


OUTLETS = (
    Outlet("shop-uk", "Own shop, United Kingdom", "own_shop", "alder", UK, "GBP", "Europe/London", "UK", 34,
           (("dc-north", 1),), (("GB", 96), ("IE", 4)), "card", "carrier-a"),
    Outlet("shop-eu", "Own shop, Europe", "own_shop", "birch", EU, "EUR", "Europe/Berlin", "EU", 26,
           (("dc-central", 3), ("3pl-east", 2)),
           (("DE", 40), ("FR", 18), ("NL", 14), ("AT", 10), ("SE", 8), ("CH", 6), ("IE", 4)), "wallet",
           "carrier-b", 116),
    Outlet("market-one", "Market One", "marketplace", "cove", UK, "GBP", "Europe/London", "M1-", 18,
           (("market-one-hub", 3), ("dc-north", 2)), (("GB", 100),), "marketplace", "carrier-a"),
    Outlet("market-two", "Market Two", "marketplace", "birch", EU, "EUR", "Europe/Berlin", "M2-", 15,
           (("3pl-east", 1),), (("DE", 60), ("AT", 20), ("FR", 20)), "marketplace", "carrier-b", 118),
    Outlet("wholesale", "Business customers", "b2b", "alder", UK, "GBP", "Europe/London", "B", 7,
           (("dc-north", 1),), (("GB", 85), ("IE", 15)), "invoice", "carrier-c", 80),
)  # fmt: skip
TAX_PERCENT = {"GB": 20, "IE": 23, "DE": 19, "FR": 20, "NL": 21, "AT": 20, "SE": 25, "CH": 0}
