"""Open sale lots: goods of the secondary channel that one buyer will take together."""

from collections.abc import Sequence
from dataclasses import dataclass

from counterflow.kernel.commands import Batch, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import Refusal
from counterflow.recovery import rules
from counterflow.recovery.commands.opening import NodeFound, Opening, open_loads
from counterflow.recovery.states import LoadKind


@dataclass(frozen=True)
class OpenLot:
    """A lot at a node. `request_ref` is the asker's own reference, for ever; `buyer` a pseudonymous one.

    Without a currency it is sold in that of the node's books.
    """

    request_ref: str
    node: str
    buyer: str
    currency: str = ""


class CurrencyNotOfBooks(Refusal):
    """A lot at {node} is sold in {books}, the currency of its books, not in {currency}."""


@command(needs="recovery.load")
def open_lots(ctx: Context, *, items: Sequence[OpenLot]) -> Batch:
    """Open each lot, empty. Refuses `NodeMissing`, `CurrencyNotOfBooks`, `ReferenceMalformed`, `IdentityReused`.

    SQL: two look-ups, one write.
    """

    def describe(item: OpenLot, node: NodeFound) -> Opening:
        currency = item.currency or node.currency
        if currency != node.currency:
            raise CurrencyNotOfBooks(node=item.node, books=node.currency, currency=currency[:12])
        return Opening(buyer=rules.require_ref("The buyer of a lot", item.buyer), currency=currency)

    return open_loads(ctx, LoadKind.LOT, items, describe)
