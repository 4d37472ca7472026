"""Change items, switch them off and on again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from counterflow.catalog.commands.record_items import PLAIN, checked, codes
from counterflow.catalog.models import Item
from counterflow.kernel.commands import Batch, command
from counterflow.kernel.context import Context
from counterflow.kernel.errors import Conflict
from counterflow.kernel.money import to_decimal
from counterflow.registry.commands.changing import Shape, change_records


class CurrencyFixed(Conflict):
    """The cost of {sku} is kept in {currency}, and the books hold pieces of it; its currency stays."""


@dataclass(frozen=True)
class ChangeItem:
    """What is to change about an item; None (of GTINs none) leaves a field as it is, `clear` names
    those that become empty.

    `version` is that of the item as it was read; without it the item is changed whatever was done meanwhile.
    """

    sku: str
    version: int | None = None
    name: str | None = None
    gtin: str | None = None
    more_gtins: tuple[str, ...] = ()
    family: str | None = None
    brand: str | None = None
    supplier: str | None = None
    standard_cost_minor: int | None = None
    currency: str | None = None
    weight_g: int | None = None
    warranty_months: int | None = None
    serial_tracked: bool | None = None
    lot_tracked: bool | None = None
    hazmat: bool | None = None
    final_sale: bool | None = None
    active: bool | None = None
    provisional: bool | None = None
    clear: tuple[str, ...] = ()


def _cost(value: Any, item: dict[str, Any]) -> str:
    return "" if value is None else f"{to_decimal(value, item['currency'])} {item['currency']}"


_SHAPE = Shape(
    what="item",
    model=Item,
    key=("sku",),
    fields=(*PLAIN, "more_gtins", "brand", "supplier", "provisional"),
    locked="""
        SELECT i.id, i.version, i.sku, i.name, i.gtin, coalesce(i.more_gtins, '{}') AS more_gtins, i.family,
               coalesce(b.code, '') AS brand, coalesce(s.code, '') AS supplier, i.brand_id, i.supplier_id,
               i.standard_cost_minor, i.currency, i.weight_g, i.warranty_months, i.serial_tracked, i.lot_tracked,
               i.hazmat, i.final_sale, i.active, i.provisional,
               EXISTS (SELECT FROM ledger_entity e JOIN ledger_account a ON a.entity_id = e.id AND a.item_id = i.id)
                   AS booked
        FROM catalog_item i LEFT JOIN catalog_brand b ON b.id = i.brand_id
        LEFT JOIN catalog_supplier s ON s.id = i.supplier_id
        WHERE i.sku = ANY(%s::text[]) ORDER BY i.id FOR NO KEY UPDATE OF i
    """,
    clearable={
        "gtin": None,
        "more_gtins": (),
        "family": "",
        "brand": "",
        "supplier": "",
        "standard_cost_minor": None,
        "currency": "",
        "weight_g": None,
        "warranty_months": None,
    },
    worded={"standard_cost_minor": _cost},
)


@command(needs="catalog.edit")
def change_items(ctx: Context, *, items: Sequence[ChangeItem]) -> Batch:
    """Change each item. One that a partner's file named first is provisional no more once anything else changed.

    Refuses `RecordMissing`, `RecordChanged`, `FieldNotClearable`, `CurrencyFixed` and what `record_items` refuses.
    """
    brands, suppliers = codes(items)

    def check(asked: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
        # What the item has already is known, whatever else this batch names.
        known_brands = {**brands, before["brand"]: before["brand_id"]}
        known_suppliers = {**suppliers, before["supplier"]: before["supplier_id"]}
        after = checked({**before, **asked}, known_brands, known_suppliers)
        if before["booked"] and before["currency"] and after["currency"] != before["currency"]:
            raise CurrencyFixed(sku=before["sku"], currency=before["currency"])
        if "provisional" not in asked and any(after[name] != before[name] for name in asked):
            after["provisional"] = False
        return {
            **after,
            "brand_id": known_brands.get(after["brand"]),
            "supplier_id": known_suppliers.get(after["supplier"]),
        }

    return change_records(ctx, _SHAPE, items, check=check, columns=_columns)


def _columns(item: dict[str, Any]) -> dict[str, Any]:
    names = (*PLAIN, "brand_id", "supplier_id", "provisional")
    return {**{name: item[name] for name in names}, "more_gtins": item["more_gtins"] or None}
