"""Django's entry for policies."""

from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    """Decision tables, their versions, and the decisions they made."""

    name = "counterflow.policies"
    label = "policies"
