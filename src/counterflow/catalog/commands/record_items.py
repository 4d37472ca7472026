"""Record items, or take over those that a partner's file named first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.catalog.commands.recording import record_rows
from counterflow.catalog.models import Item
from counterflow.catalog.rules import CostWithoutCurrency, gtin14
from counterflow.kernel import db
from counterflow.kernel.commands import Batch, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import Invalid, NotFound
from counterflow.kernel.money import places


class SkuMissing(Invalid):
    """An item needs a SKU."""


class CostNegative(Invalid):
    """Item {sku} has a cost below zero."""


class BrandUnknown(NotFound):
    """There is no brand {code}."""


class SupplierUnknown(NotFound):
    """There is no supplier {code}."""


@dataclass(frozen=True)
class NewItem:
    """An item; brand and supplier by their codes, the cost of one piece in minor units of `currency`."""

    sku: str
    name: str
    gtin: str | None = None
    family: str = ""
    brand: str = ""
    supplier: str = ""
    standard_cost_minor: int | None = None
    currency: str = ""
    serial_tracked: bool = False
    active: bool = True


@command(needs="catalog.edit")
def record_items(ctx: Context, *, items: Sequence[NewItem]) -> Batch:
    """Record each item; the SKU is its identity. A provisional item takes the content and is provisional no more.

    Refuses `SkuMissing`, `GtinMalformed`, `CostNegative`, `CostWithoutCurrency`, `UnknownCurrency`, `BrandUnknown`,
    `SupplierUnknown`, `IdentityReused`.
    """
    brands, suppliers = _codes(items)
    return record_rows(
        ctx,
        Item,
        items,
        what="item",
        key=["sku"],
        row_of=lambda item: _row(item, brands, suppliers),
        replaceable="provisional",
    )


def _codes(items: Sequence[NewItem]) -> tuple[dict[str, int], dict[str, int]]:
    """Ids of the brands and of the suppliers that the items name."""
    found = db.rows(
        "SELECT 'brand' AS kind, code, id FROM catalog_brand WHERE code = ANY(%s) "
        "UNION ALL SELECT 'supplier', code, id FROM catalog_supplier WHERE code = ANY(%s) ORDER BY kind, code",
        [sorted({item.brand for item in items}), sorted({item.supplier for item in items})],
    )
    brands = {row.code: row.id for row in found if row.kind == "brand"}
    return brands, {row.code: row.id for row in found if row.kind == "supplier"}


def _row(item: NewItem, brands: dict[str, int], suppliers: dict[str, int]) -> dict[str, Any]:
    sku = item.sku.strip()
    if not sku:
        raise SkuMissing()
    if item.brand and item.brand not in brands:
        raise BrandUnknown(code=item.brand)
    if item.supplier and item.supplier not in suppliers:
        raise SupplierUnknown(code=item.supplier)
    if item.standard_cost_minor is not None and not item.currency:
        raise CostWithoutCurrency(sku=sku)
    if item.standard_cost_minor is not None and item.standard_cost_minor < 0:
        raise CostNegative(sku=sku)
    if item.currency:
        places(item.currency)
    return {
        "sku": sku,
        "name": item.name,
        "gtin": gtin14(item.gtin) if item.gtin else None,
        "family": item.family,
        "brand_id": brands.get(item.brand),
        "supplier_id": suppliers.get(item.supplier),
        "standard_cost_minor": item.standard_cost_minor,
        "currency": item.currency,
        "serial_tracked": item.serial_tracked,
        "active": item.active,
        "provisional": False,
    }
