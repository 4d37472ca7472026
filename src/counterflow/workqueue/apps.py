"""Django's entry for workqueue."""

from django.apps import AppConfig


class WorkqueueConfig(AppConfig):
    """Cases, their assignment and their comments."""

    name = "counterflow.workqueue"
    label = "workqueue"
