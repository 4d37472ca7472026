import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workqueue", "0005_closed_newest_first")]

    operations = [
        # An index of lexemes takes no empty ones.
        migrations.RunSQL(
            "UPDATE workqueue_case SET numbers = array_remove(numbers, '') WHERE '' = ANY(numbers)",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveIndex(model_name="case", name="workqueue_case_numbers"),
        migrations.AddIndex(
            model_name="case",
            index=django.contrib.postgres.indexes.GinIndex(
                models.Func("numbers", function="array_to_tsvector"), name="workqueue_case_words"
            ),
        ),
    ]
