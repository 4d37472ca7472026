"""Lines of an account by the time they were recorded, and entries: what pages of movements read."""

from django.db import migrations

INDEXES = """
CREATE INDEX IF NOT EXISTS ledger_line_account_recorded ON ledger_line (account_id, recorded_at, entry_id);
CREATE INDEX IF NOT EXISTS ledger_entry_recorded ON ledger_entry (recorded_at, id);
DROP INDEX IF EXISTS ledger_line_account;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_journal")]
    operations = [migrations.RunSQL(INDEXES, migrations.RunSQL.noop)]
