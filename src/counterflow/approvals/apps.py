"""Django's entry for approvals."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """The tables of approvals."""

    name = "counterflow.approvals"
    label = "approvals"
