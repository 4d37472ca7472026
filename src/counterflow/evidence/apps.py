"""Django's entry for evidence."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """The photos and documents of things."""

    name = "counterflow.evidence"
    label = "evidence"
