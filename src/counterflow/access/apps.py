"""Django's entry for access."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Users, grants and API tokens."""

    name = "counterflow.access"
    label = "access"
