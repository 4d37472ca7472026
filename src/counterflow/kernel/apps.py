"""Django's entry for the kernel."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    """The kernel's tables: keys, audit, events, deliveries, payloads."""

    name = "counterflow.kernel"
    label = "kernel"
