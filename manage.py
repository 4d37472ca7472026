"""Django's own commands, for developers; everybody else uses `counterflow`."""

import os
import sys

from django.core.management import execute_from_command_line

from counterflow.config.database import ensure_ready

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "counterflow.config.settings")
    ensure_ready()
    execute_from_command_line(sys.argv)
