"""What can be done in the catalog, a file each."""

from counterflow.catalog.commands.change_brands import ChangeBrand, change_brands
from counterflow.catalog.commands.change_items import ChangeItem, change_items
from counterflow.catalog.commands.change_reasons import ChangeReason, change_reasons
from counterflow.catalog.commands.change_suppliers import ChangeSupplier, change_suppliers
from counterflow.catalog.commands.ensure_items import SeenItem, ensure_items
from counterflow.catalog.commands.install_reasons import ShippedReason, install_reasons
from counterflow.catalog.commands.map_reasons import MapReason, map_reasons
from counterflow.catalog.commands.record_brands import NewBrand, record_brands
from counterflow.catalog.commands.record_items import NewItem, record_items
from counterflow.catalog.commands.record_reasons import NewReason, record_reasons
from counterflow.catalog.commands.record_suppliers import NewSupplier, record_suppliers

__all__ = [
    "ChangeBrand",
    "ChangeItem",
    "ChangeReason",
    "ChangeSupplier",
    "MapReason",
    "NewBrand",
    "NewItem",
    "NewReason",
    "NewSupplier",
    "SeenItem",
    "ShippedReason",
    "change_brands",
    "change_items",
    "change_reasons",
    "change_suppliers",
    "ensure_items",
    "install_reasons",
    "map_reasons",
    "record_brands",
    "record_items",
    "record_reasons",
    "record_suppliers",
]
