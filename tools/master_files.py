"""Write docs/reference/master-files.md from the register of master data."""

import os
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "counterflow.config.settings")
django.setup()

from counterflow.console.master import reference  # noqa: E402 - the settings come first

if __name__ == "__main__":
    Path(__file__).parents[1].joinpath("docs/reference/master-files.md").write_text(reference.page(), encoding="utf-8")
