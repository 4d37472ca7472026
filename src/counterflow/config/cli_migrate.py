"""`counterflow migrate`: tables up to date, the application's rights on them, fresh statistics."""

import argparse

from django.core.management import call_command

from counterflow.config.cli_boot import boot
from counterflow.config.database import application_role, grant_application, migrating
from counterflow.ledger import setup


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing")


def run(options: argparse.Namespace) -> None:
    """Migrate as the owner; two that come at once do it one after the other."""
    migrate(quiet=options.quiet)


def migrate(*, quiet: bool) -> None:
    """Start what is needed and bring tables, chart, rights and statistics up to date. Idempotent."""
    boot(database=True)
    with migrating() as connection:
        call_command(
            "migrate",
            database="owner",
            verbosity=0 if quiet else 1,
            interactive=False,
        )
        grant_application()
        with connection.cursor() as cursor:
            setup.refresh(cursor)
            setup.grant(cursor, application_role())
        connection.execute("ANALYZE")
