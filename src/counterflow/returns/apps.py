"""Django's entry for returns."""

from django.apps import AppConfig


class ReturnsConfig(AppConfig):
    """The tables of returns."""

    name = "counterflow.returns"
    label = "returns"
