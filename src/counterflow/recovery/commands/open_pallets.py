"""Open pallets: goods that go back to a supplier together, under an SSCC of our own."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from counterflow.kernel import db
from counterflow.kernel.commands import Batch, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import NotFound
from counterflow.recovery.commands.opening import NodeFound, Opening, open_loads
from counterflow.recovery.rules import sscc
from counterflow.recovery.states import LoadKind


@dataclass(frozen=True)
class OpenPallet:
    """A pallet at a node for a supplier. `request_ref` is the asker's own reference, for ever."""

    request_ref: str
    node: str
    supplier: str


class SupplierNotFound(NotFound):
    """There is no supplier {supplier}."""


_SERIALS = """
INSERT INTO recovery_ssccseries (prefix, last) VALUES (%s, %s::bigint)
ON CONFLICT (prefix) DO UPDATE SET last = recovery_ssccseries.last + EXCLUDED.last RETURNING last
"""


@command(needs="recovery.load")
def open_pallets(ctx: Context, *, items: Sequence[OpenPallet]) -> Batch:
    """Open each pallet, empty, with an SSCC that is used once.

    Refuses `NodeMissing`, `SupplierNotFound`, `PrefixMissing`, `ReferenceMalformed`, `IdentityReused`. SQL: four
    look-ups, one write.
    """
    prefix = str(settings.GS1_PREFIX)
    wanted = sorted({item.supplier for item in items})
    suppliers = {
        row.code: row.id
        for row in db.rows("SELECT code, id FROM catalog_supplier WHERE code = ANY(%s::text[])", [wanted])
    }
    # Numbers are taken for the whole batch at once; one that is refused leaves a gap, and gaps harm nobody.
    last = db.rows(_SERIALS, [prefix, len(items)])[0].last
    serials = iter(range(last - len(items), last))

    def describe(item: OpenPallet, node: NodeFound) -> Opening:
        if item.supplier not in suppliers:
            raise SupplierNotFound(supplier=item.supplier[:80])
        return Opening(supplier_id=suppliers[item.supplier], sscc=sscc(prefix, next(serials)), currency=node.currency)

    return open_loads(ctx, LoadKind.PALLET, items, describe)
