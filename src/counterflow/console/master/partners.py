"""Suppliers and brands as master data."""

from collections.abc import Mapping, Sequence
from typing import Any

from counterflow.catalog import commands, partners
from counterflow.console.master.fields import Field
from counterflow.console.master.kinds import ACTIVE, Key, Kind, flag


def _find_suppliers(*, search: str, chosen: Mapping[str, str], **more: Any) -> list[partners.SupplierRow]:
    return partners.suppliers(search=search, active=flag(chosen), **more)


def _read_suppliers(keys: Sequence[Key]) -> dict[Key, partners.SupplierRow]:
    return {(code,): row for code, row in partners.suppliers_by_code(codes=[key[0] for key in keys]).items()}


def _find_brands(*, search: str, chosen: Mapping[str, str], **more: Any) -> list[partners.BrandRow]:
    return partners.brands(search=search, active=flag(chosen), **more)


def _read_brands(keys: Sequence[Key]) -> dict[Key, partners.BrandRow]:
    return {(code,): row for code, row in partners.brands_by_code(codes=[key[0] for key in keys]).items()}


SUPPLIERS = Kind(
    name="suppliers",
    told="supplier",
    one="supplier",
    many="Suppliers",
    about="The firms goods come from and go back to, with the terms they take goods back on.",
    icon="truck",
    view="catalog.view",
    edit="catalog.edit",
    key=("code",),
    find=_find_suppliers,
    read=_read_suppliers,
    filters=lambda: (ACTIVE,),
    record=commands.record_suppliers,
    new=commands.NewSupplier,
    change=commands.change_suppliers,
    changed=commands.ChangeSupplier,
    deep=True,
    fields=(
        Field(
            "code",
            "Code",
            "code",
            "It never changes.",
            required=True,
            fixed=True,
            listed=True,
            most=80,
            also=("supplier", "supplier code", "vendor", "vendor code"),
            example="acme",
        ),
        Field("name", "Name", required=True, listed=True, sort="name", also=("supplier name", "vendor name")),
        Field(
            "return_window_days",
            "Return window in days",
            "whole",
            "How long after delivery goods are taken back.",
            also=("window", "return window"),
            listed=True,
            group="Terms",
            example="60",
            affects="Claims opened from now on go by it; claims under way keep the window they were opened with.",
        ),
        Field(
            "defect_allowance_bp",
            "Defect allowance in percent",
            "percent",
            "What the supplier pays for defects without return, of what was bought.",
            also=("defect allowance", "allowance"),
            listed=True,
            group="Terms",
            example="1.5",
        ),
        Field("terms", "Terms in words", "long", most=2_000, group="Terms", also=("terms", "return terms")),
        Field(
            "rtv_address",
            "Address for returns",
            "long",
            "Where goods go back to.",
            most=2_000,
            group="Returning",
            also=("address", "return address"),
        ),
        Field(
            "contact",
            "Whom to ask",
            "long",
            "Name, email, phone. About a person: kept erasable, not in the history.",
            most=500,
            private=True,
            group="Returning",
            also=("contact",),
        ),
        Field("active", "In use", "yes_no", default="yes", listed=True, badge="use", group="State"),
    ),
)
BRANDS = Kind(
    name="brands",
    told="brand",
    one="brand",
    many="Brands",
    about="The names the company sells under; policies may go by them.",
    icon="star",
    view="catalog.view",
    edit="catalog.edit",
    key=("code",),
    find=_find_brands,
    read=_read_brands,
    filters=lambda: (ACTIVE,),
    record=commands.record_brands,
    new=commands.NewBrand,
    change=commands.change_brands,
    changed=commands.ChangeBrand,
    fields=(
        Field(
            "code",
            "Code",
            "code",
            "It never changes.",
            required=True,
            fixed=True,
            listed=True,
            most=80,
            also=("brand", "brand code"),
            example="north",
        ),
        Field("name", "Name", required=True, listed=True, sort="name", also=("brand name",)),
        Field("active", "In use", "yes_no", default="yes", listed=True, badge="use"),
    ),
)
