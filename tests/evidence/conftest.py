"""A storage of its own for each test, so that what lies there can be counted."""

import pytest


@pytest.fixture(autouse=True)
def media(tmp_path, settings_of_media):
    """The folder that files are stored in."""
    settings_of_media(tmp_path)
    return tmp_path


@pytest.fixture
def settings_of_media(database_copy):
    """Point the storage at another folder for the length of a test."""
    from django.test import override_settings

    held = []

    def point(folder):
        override = override_settings(MEDIA_ROOT=str(folder))
        override.enable()
        held.append(override)

    yield point
    for override in held:
        override.disable()
