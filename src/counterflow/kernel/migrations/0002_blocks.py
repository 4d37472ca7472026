"""Blocks of ids for rows that come by the hundred thousand."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]

    operations = [
        migrations.RunSQL(
            # From 2^40 on, so that no id is ever given twice, and below 2^53, which JSON readers can hold.
            "CREATE SEQUENCE kernel_block_seq INCREMENT 131072 MINVALUE 1099511627776 MAXVALUE 9007199254740992",
            "DROP SEQUENCE kernel_block_seq",
        )
    ]
