"""Django's entry for orders."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Channels, customers, orders, shipments, tenders and imports of order books."""

    name = "counterflow.orders"
    label = "orders"
