"""What can be done in the catalog, a file each."""

from counterflow.catalog.commands.ensure_items import SeenItem, ensure_items
from counterflow.catalog.commands.install_reasons import ShippedReason, install_reasons
from counterflow.catalog.commands.map_reasons import MapReason, map_reasons
from counterflow.catalog.commands.record_brands import NewBrand, record_brands
from counterflow.catalog.commands.record_items import NewItem, record_items
from counterflow.catalog.commands.record_reasons import NewReason, record_reasons
from counterflow.catalog.commands.record_suppliers import NewSupplier, record_suppliers

__all__ = [
    "MapReason",
    "NewBrand",
    "NewItem",
    "NewReason",
    "NewSupplier",
    "SeenItem",
    "ShippedReason",
    "ensure_items",
    "install_reasons",
    "map_reasons",
    "record_brands",
    "record_items",
    "record_reasons",
    "record_suppliers",
]
