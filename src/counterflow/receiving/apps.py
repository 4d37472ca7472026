"""Django's entry for receiving."""

from django.apps import AppConfig


class ReceivingConfig(AppConfig):
    """The tables of receiving."""

    name = "counterflow.receiving"
    label = "receiving"
