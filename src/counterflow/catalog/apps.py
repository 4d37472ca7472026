"""Django's entry for the catalog."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """Brands, suppliers, items, reason codes and their mappings."""

    name = "counterflow.catalog"
    label = "catalog"
