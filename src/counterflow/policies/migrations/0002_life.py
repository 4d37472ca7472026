from pathlib import Path

import counterflow.kernel.ids
import django.db.models.deletion
from django.db import migrations, models

LIFE = Path(__file__).resolve().parent.parent / "sql" / "life.sql"


class Migration(migrations.Migration):
    dependencies = [
        ("policies", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="PolicyStep",
            fields=[
                ("id", counterflow.kernel.ids.Id(serialize=False)),
                ("action", models.TextField()),
                ("revision", models.IntegerField()),
                ("digest", models.TextField()),
                ("reason", models.TextField()),
                ("actor", models.TextField()),
                ("at", models.DateTimeField()),
                ("command_id", models.BigIntegerField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="policyversion",
            name="policies_version_state",
        ),
        migrations.AddField(
            model_name="policyversion",
            name="based_on",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="policies.policyversion",
            ),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="examples",
            field=models.JSONField(db_default=models.Value([], models.JSONField())),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="reference",
            field=models.TextField(null=True, unique=True),
        ),
        migrations.AddField(
            model_name="policyversion",
            name="revision",
            field=models.IntegerField(db_default=1),
        ),
        migrations.AddConstraint(
            model_name="policyversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["draft", "in_review", "approved", "active", "retired", "withdrawn"])),
                name="policies_version_state",
            ),
        ),
        migrations.AddField(
            model_name="policystep",
            name="version",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="policies.policyversion"
            ),
        ),
        migrations.RunSQL(LIFE.read_text(), migrations.RunSQL.noop),
    ]
