"""What a command needs before it can use the rooms: the database, then Django."""

import os

import django

from counterflow.config.database import ensure_ready


def boot(*, database: bool) -> None:
    """Start the database where wanted, then load settings, which read its address, and the rooms."""
    if database:
        ensure_ready()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "counterflow.config.settings")
    django.setup()
