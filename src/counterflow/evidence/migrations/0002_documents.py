import counterflow.kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evidence", "0001_photos")]

    operations = [
        migrations.CreateModel(
            name="Document",
            fields=[
                ("id", counterflow.kernel.ids.Id(serialize=False)),
                ("subject_kind", models.TextField()),
                ("subject_id", models.BigIntegerField()),
                ("sha256", models.BinaryField()),
                ("name", models.TextField()),
                ("title", models.TextField()),
                ("sort", models.TextField()),
                ("size", models.IntegerField()),
                ("recorded_at", models.DateTimeField()),
                ("command_id", models.BigIntegerField()),
                ("erased_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["subject_id", "id"], name="evidence_document_subject"),
                    models.Index(
                        condition=models.Q(("name", ""), _negated=True), fields=["name"], name="evidence_document_name"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("subject_kind", "subject_id", "sha256"), name="evidence_document_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("erased_at", None),
                                models.Q(("name", ""), _negated=True),
                                models.Q(("title", ""), _negated=True),
                            ),
                            models.Q(("erased_at__isnull", False), ("name", ""), ("title", "")),
                            _connector="OR",
                        ),
                        name="evidence_document_erased",
                    ),
                ],
            },
        ),
    ]
