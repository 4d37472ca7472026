"""Django's entry for the ledger."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Journal, positions, periods."""

    name = "counterflow.ledger"
    label = "ledger"
