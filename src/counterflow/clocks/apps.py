"""Django's entry for clocks."""

from django.apps import AppConfig


class ClocksConfig(AppConfig):
    """The tables of clocks."""

    name = "counterflow.clocks"
    label = "clocks"
