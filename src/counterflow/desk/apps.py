"""Django's entry for desk."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Messages to customers, erasure, and the questions of the service desk."""

    name = "counterflow.desk"
    label = "desk"
