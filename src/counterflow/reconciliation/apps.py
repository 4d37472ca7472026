"""Django's entry for reconciliation."""

from django.apps import AppConfig


class ReconciliationConfig(AppConfig):
    """The tables of reconciliation."""

    name = "counterflow.reconciliation"
    label = "reconciliation"
