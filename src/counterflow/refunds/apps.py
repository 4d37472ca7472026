"""Django's entry for refunds."""

from django.apps import AppConfig


class RefundsConfig(AppConfig):
    """The tables of refunds."""

    name = "counterflow.refunds"
    label = "refunds"
