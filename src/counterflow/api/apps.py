"""Django's entry for the API."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The programs' door; it has no tables."""

    name = "counterflow.api"
    label = "api"
