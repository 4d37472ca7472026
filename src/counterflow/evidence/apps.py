"""Django's entry for evidence."""

from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    """The photos of things."""

    name = "counterflow.evidence"
    label = "evidence"
