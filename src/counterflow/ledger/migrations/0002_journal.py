"""The journal itself: partitioned tables, triggers and functions, then the chart's rows."""

from django.db import migrations

from counterflow.ledger import setup


def install(apps, schema_editor):
    """Run the SQL files of the ledger on the migrating connection."""
    with schema_editor.connection.cursor() as cursor:
        setup.install(cursor)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("kernel", "0001_initial")]
    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
