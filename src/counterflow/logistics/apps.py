"""Django's entry for logistics."""

from django.apps import AppConfig


class LogisticsConfig(AppConfig):
    """The tables of logistics."""

    name = "counterflow.logistics"
    label = "logistics"
