"""The words of orders: kinds of lines and channels, and what a cost rests on."""

from enum import IntEnum, StrEnum


class LineKind(StrEnum):
    """What an order line is for."""

    PRODUCT = "product"
    SERVICE = "service"
    SHIPPING = "shipping"


class ChannelKind(StrEnum):
    """How a channel sells."""

    OWN_SHOP = "own_shop"
    MARKETPLACE = "marketplace"
    B2B = "b2b"
    STORE = "store"


class CostBasis(StrEnum):
    """What a cost rests on: the ledger's issue, an estimate, nothing, or a book from before go-live."""

    ISSUED = "issued"
    ESTIMATED = "estimated"
    NIL = "nil"
    HISTORY = "history"


class LineClass(IntEnum):
    """What a line of an order book is; everything up to `SERVICE` becomes a line of an order."""

    SALE = 1
    FREE = 2
    SERVICE = 3
    RETURN = 4
    ADJUSTMENT = 5
