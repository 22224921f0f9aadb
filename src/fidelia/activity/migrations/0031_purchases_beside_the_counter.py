from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("activity", "0030_write_closures_together")]
    operations = [
        migrations.AddIndex(
            model_name="purchase",
            index=models.Index(
                condition=models.Q(("channel", "store"), _negated=True),
                fields=["store_id", "channel", "occurred_at", "purchase_id"],
                name="purchases_beside_the_counter",
            ),
        ),
    ]
