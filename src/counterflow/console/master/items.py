"""Items as master data."""

from collections.abc import Mapping, Sequence
from typing import Any

from counterflow.catalog import commands, partners, queries
from counterflow.console.listing import Filter
from counterflow.console.master.fields import Field
from counterflow.console.master.kinds import ACTIVE, Key, Kind, flag

OFFERED = 500


def brand_choices() -> list[tuple[str, str]]:
    """Brands to choose from."""
    return [(row.code, row.name) for row in partners.brands(active=True, limit=OFFERED)]


def supplier_choices() -> list[tuple[str, str]]:
    """Suppliers to choose from."""
    return [(row.code, row.name) for row in partners.suppliers(active=True, limit=OFFERED)]


def family_choices() -> list[tuple[str, str]]:
    """Families that items belong to already."""
    return [(name, "") for name in queries.families()]


def _find(*, search: str, chosen: Mapping[str, str], **more: Any) -> list[queries.ItemRow]:
    return queries.items(
        search=search,
        family=chosen.get("family", ""),
        supplier=chosen.get("supplier", ""),
        active=flag(chosen),
        provisional=flag(chosen, "provisional"),
        **more,
    )


def _read(keys: Sequence[Key]) -> dict[Key, queries.ItemRow]:
    return {(sku,): row for sku, row in queries.items_by_sku(skus=[key[0] for key in keys]).items()}


def _filters() -> Sequence[Filter]:
    return (
        Filter("family", "Family", [(code, code) for code, _ in family_choices()]),
        Filter("supplier", "Supplier", [(code, name) for code, name in supplier_choices()]),
        ACTIVE,
        Filter("provisional", "Looked at", [("yes", "Not yet"), ("no", "Yes")]),
    )


ITEMS = Kind(
    name="items",
    told="item",
    one="item",
    many="Items",
    about="What is sold and may come back: numbers, family, supplier, cost, and what handling it needs.",
    icon="box",
    view="catalog.view",
    edit="catalog.edit",
    key=("sku",),
    find=_find,
    read=_read,
    place=lambda row: str(row.sku),
    filters=_filters,
    search_label="SKU, GTIN or name",
    photos="item",
    record=commands.record_items,
    new=commands.NewItem,
    change=commands.change_items,
    changed=commands.ChangeItem,
    rejected={
        "gtin_malformed": "gtin",
        "brand_unknown": "brand",
        "supplier_unknown": "supplier",
        "cost_without_currency": "currency",
        "unknown_currency": "currency",
        "currency_fixed": "currency",
        "too_precise": "standard_cost_minor",
    },
    fields=(
        Field(
            "sku",
            "SKU",
            "code",
            "Its number in every book. It never changes.",
            required=True,
            most=80,
            also=("item", "item number", "article", "article number", "stock code", "product code"),
            fixed=True,
            listed=True,
            example="TEE-BLK-M",
        ),
        Field("name", "Name", required=True, listed=True, sort="name", also=("description", "title", "product name")),
        Field(
            "family",
            "Family",
            "ref",
            "What policies and inspection plans go by, such as apparel.",
            choices=family_choices,
            also=("category", "product family", "product group"),
            affects="Policies and inspection plans go by family. Returns opened from now on follow the new one; "
            "what was decided stays as it was decided.",
            listed=True,
            sort="family",
            example="apparel",
        ),
        Field("brand", "Brand", "ref", "Code of a brand.", choices=brand_choices, listed=True, sort="brand"),
        Field(
            "supplier",
            "Supplier",
            "ref",
            "Code of the firm it comes from and may go back to.",
            choices=supplier_choices,
            also=("vendor", "supplier code", "vendor code"),
            affects="Units that still go back to a supplier go to the new one; what was shipped stays with the old.",
            listed=True,
            sort="supplier",
        ),
        Field(
            "gtin",
            "GTIN",
            "gtin",
            "8, 12, 13 or 14 digits with the check digit (GS1 General Specifications).",
            also=("ean", "upc", "barcode", "gtin 14", "ean code"),
            group="Numbers",
            example="4006381333931",
        ),
        Field(
            "more_gtins",
            "Further GTINs",
            "gtins",
            "Other numbers on the same piece, apart by blanks.",
            most=2_000,
            also=("other gtins", "additional gtins", "alternate barcodes"),
            group="Numbers",
        ),
        Field(
            "standard_cost_minor",
            "Standard cost",
            "money",
            "Of one piece, where the books know no other.",
            also=("cost", "standard_cost", "unit cost", "cost price"),
            affects="Units received from now on without a known cost take it; what is in the books keeps its value.",
            group="Cost",
            example="4.50",
        ),
        Field(
            "currency",
            "Currency of the cost",
            "currency",
            "ISO 4217, such as GBP. It stays once the books hold pieces.",
            most=3,
            also=("currency", "cost currency"),
            group="Cost",
            example="GBP",
        ),
        Field("weight_g", "Weight in grams", "whole", also=("weight", "grams"), group="Handling", example="180"),
        Field(
            "warranty_months",
            "Months of warranty",
            "whole",
            "Counted from the sale.",
            also=("warranty",),
            group="Handling",
            example="24",
        ),
        Field(
            "serial_tracked",
            "Serial numbers are kept",
            "yes_no",
            also=("serial", "serialised", "serialized"),
            affects="Units of it need a serial number at the next inspection, or no longer do.",
            group="Handling",
        ),
        Field("lot_tracked", "Lots are kept", "yes_no", also=("lot", "batch tracked"), group="Handling"),
        Field("hazmat", "Dangerous goods", "yes_no", "Needs care in carriage.", also=("hazardous",), group="Handling"),
        Field("final_sale", "Final sale", "yes_no", "Is not taken back.", also=("no returns",), group="Handling"),
        Field("active", "In use", "yes_no", default="yes", listed=True, badge="use", group="State"),
        Field(
            "provisional",
            "Provisional",
            "yes_no",
            "A file named it and nobody has looked at it. Any change takes the mark away.",
            late=True,
            group="State",
        ),
    ),
)
