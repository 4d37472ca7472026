"""Django's entry for the console."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    """Pages, templates and static files."""

    name = "counterflow.console"
    label = "console"
