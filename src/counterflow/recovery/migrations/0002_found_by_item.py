"""Refurbishment orders are found by their item."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recovery", "0001_orders_and_loads")]

    operations = [
        migrations.AddIndex(
            model_name="refurbishment",
            index=models.Index(fields=["item", "id"], name="recovery_order_item"),
        ),
    ]
