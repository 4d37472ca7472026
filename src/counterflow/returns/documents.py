"""Return requests as people and programs hand them in: frozen plain values, amounts in minor units."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Instead:
    """What goes out in exchange, piece for piece: another item (or the same SKU at another price).

    The price is of one piece with tax, in the currency of the sale; the tax is what is in it.
    """

    sku: str
    unit_price_minor: int
    unit_tax_minor: int = 0


@dataclass(frozen=True)
class AskedLine:
    """One wish of a request: pieces of a SKU, or of one line of the order (`order_line`, from 1).

    An exchange says what it is for (`instead`); a replacement is the same item at what was paid for it. `opened`
    says that a seal for hygiene or of content is broken, as far as the asker knows.
    """

    quantity: int
    reason: str
    sku: str = ""
    order_line: int = 0
    resolution: str = "refund"
    instead: Instead | None = None
    opened: bool | None = None


@dataclass(frozen=True)
class OpenRma:
    """One return request. `request_ref` is the asker's own and unique in the channel for ever.

    Without an `order` it is a blind return. `happened_at` is when it was asked, now unless told.
    `override` is the reason code of a member of staff who decides against the policy's no. `simulated`
    says that parts of it are made by a rule, as in a replay of history; it marks all that follows.
    `note` is what the customer says, `override_note` what the member of staff says; both are kept erasable.
    """

    channel: str
    request_ref: str
    lines: Sequence[AskedLine]
    order: str = ""
    happened_at: datetime | None = None
    override: str = ""
    simulated: bool = False
    note: str = ""
    override_note: str = ""
