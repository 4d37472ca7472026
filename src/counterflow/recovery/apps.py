"""Django's entry for recovery."""

from django.apps import AppConfig


class RecoveryConfig(AppConfig):
    """The tables of recovery."""

    name = "counterflow.recovery"
    label = "recovery"
