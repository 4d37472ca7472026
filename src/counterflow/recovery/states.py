"""The lives of refurbishment orders, sale lots and pallets."""

from enum import StrEnum
from typing import Final

from counterflow.kernel.states import Machine


class Order(StrEnum):
    """States of a refurbishment order."""

    OPEN = "open"
    FINISHED = "finished"
    CANCELLED = "cancelled"


ORDER = Machine(
    "refurbishment order",
    start={Order.OPEN},
    final={Order.FINISHED, Order.CANCELLED},
    moves=[
        ("cost", Order.OPEN, Order.OPEN),
        ("finish", Order.OPEN, Order.FINISHED),
        ("cancel", Order.OPEN, Order.CANCELLED),
    ],
)


class Load(StrEnum):
    """States of a lot or a pallet."""

    OPEN = "open"
    CLOSED = "closed"
    SOLD = "sold"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


class LoadKind(StrEnum):
    """What goods are gathered for: to be sold on together, or to go back to a supplier."""

    LOT = "lot"
    PALLET = "pallet"


LOT = Machine(
    "lot",
    start={Load.OPEN},
    final={Load.SHIPPED, Load.CANCELLED},
    moves=[
        ("load", Load.OPEN, Load.OPEN),
        ("close", Load.OPEN, Load.CLOSED),
        ("cancel", Load.OPEN, Load.CANCELLED),
        ("reopen", Load.CLOSED, Load.OPEN),
        ("sell", Load.CLOSED, Load.SOLD),
        ("ship", Load.SOLD, Load.SHIPPED),
    ],
)
PALLET = Machine(
    "pallet",
    start={Load.OPEN},
    final={Load.SHIPPED, Load.CANCELLED},
    moves=[
        ("load", Load.OPEN, Load.OPEN),
        ("close", Load.OPEN, Load.CLOSED),
        ("cancel", Load.OPEN, Load.CANCELLED),
        ("reopen", Load.CLOSED, Load.OPEN),
        ("ship", Load.CLOSED, Load.SHIPPED),
    ],
)
LOADS: Final = {LoadKind.LOT: LOT, LoadKind.PALLET: PALLET}


class Outcome(StrEnum):
    """Where refurbishment leads."""

    AVAILABLE = "available"
    SECONDARY = "secondary"
    SCRAPPED = "scrapped"
