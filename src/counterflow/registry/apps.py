"""Django's entry for the registry."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """History of master data, and files of it on their way in."""

    name = "counterflow.registry"
    label = "registry"
