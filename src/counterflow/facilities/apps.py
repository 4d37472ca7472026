"""Django's entry for facilities."""

from django.apps import AppConfig


class FacilitiesConfig(AppConfig):
    """The tables of facilities."""

    name = "counterflow.facilities"
    label = "facilities"
