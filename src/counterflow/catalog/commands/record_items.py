"""Record items, or take over those that a partner's file named first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.catalog.commands.recording import record_rows
from counterflow.catalog.models import Item
from counterflow.catalog.rules import (
    NAME_MAX,
    WARRANTY_MAX_MONTHS,
    WEIGHT_MAX_G,
    CostWithoutCurrency,
    gtin14,
    more_gtins,
    text,
    whole,
)
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
    more_gtins: tuple[str, ...] = ()
    weight_g: int | None = None
    lot_tracked: bool = False
    hazmat: bool = False
    final_sale: bool = False
    warranty_months: int | None = None


@command(needs="catalog.edit")
def record_items(ctx: Context, *, items: Sequence[NewItem]) -> Batch:
    """Record each item; the SKU is its identity. A provisional item takes the content and is provisional no more.

    Refuses `SkuMissing`, `GtinMalformed`, `CostNegative`, `CostWithoutCurrency`, `UnknownCurrency`, `BrandUnknown`,
    `SupplierUnknown`, `NumberOutOfRange`, `TextTooLong`, `IdentityReused`.
    """
    brands, suppliers = codes(items)
    return record_rows(
        ctx,
        Item,
        items,
        what="item",
        key=["sku"],
        row_of=lambda item: _row(item, brands, suppliers),
        replaceable="provisional",
    )


def codes(items: Sequence[Any]) -> tuple[dict[str, int], dict[str, int]]:
    """Ids of the brands and of the suppliers that the items name."""
    found = db.rows(
        "SELECT 'brand' AS kind, code, id FROM catalog_brand WHERE code = ANY(%s) "
        "UNION ALL SELECT 'supplier', code, id FROM catalog_supplier WHERE code = ANY(%s) ORDER BY kind, code",
        [sorted({item.brand or "" for item in items}), sorted({item.supplier or "" for item in items})],
    )
    brands = {row.code: row.id for row in found if row.kind == "brand"}
    return brands, {row.code: row.id for row in found if row.kind == "supplier"}


def _row(item: NewItem, brands: dict[str, int], suppliers: dict[str, int]) -> dict[str, Any]:
    sku = item.sku.strip()
    if not sku:
        raise SkuMissing()
    row = checked({**vars(item), "sku": sku}, brands, suppliers)
    return {
        "sku": sku,
        **{name: row[name] for name in PLAIN},
        "more_gtins": row["more_gtins"] or None,
        "brand_id": brands.get(item.brand),
        "supplier_id": suppliers.get(item.supplier),
        "provisional": False,
    }


PLAIN = (
    "name",
    "gtin",
    "family",
    "standard_cost_minor",
    "currency",
    "serial_tracked",
    "lot_tracked",
    "weight_g",
    "warranty_months",
    "hazmat",
    "final_sale",
    "active",
)
"""Columns that hold what the item says, as it says it."""


def checked(item: dict[str, Any], brands: dict[str, int], suppliers: dict[str, int]) -> dict[str, Any]:
    """An item's values in their stored form; raises what an item is refused for."""
    sku = item["sku"]
    if item["brand"] and item["brand"] not in brands:
        raise BrandUnknown(code=item["brand"])
    if item["supplier"] and item["supplier"] not in suppliers:
        raise SupplierUnknown(code=item["supplier"])
    if item["standard_cost_minor"] is not None and not item["currency"]:
        raise CostWithoutCurrency(sku=sku)
    if item["standard_cost_minor"] is not None and item["standard_cost_minor"] < 0:
        raise CostNegative(sku=sku)
    if item["currency"]:
        places(item["currency"])
    gtin = gtin14(item["gtin"]) if item["gtin"] else None
    return {
        **item,
        "name": text(sku, "name", item["name"], most=NAME_MAX) or sku,
        "gtin": gtin,
        "more_gtins": more_gtins(item["more_gtins"], gtin),
        "family": text(sku, "family", item["family"], most=NAME_MAX),
        "weight_g": whole(sku, "weight in grams", item["weight_g"], least=1, most=WEIGHT_MAX_G),
        "warranty_months": whole(sku, "months of warranty", item["warranty_months"], least=0, most=WARRANTY_MAX_MONTHS),
    }
