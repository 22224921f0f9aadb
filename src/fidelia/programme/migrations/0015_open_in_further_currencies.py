"""Say of each opening balance in which points currency it is."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("programme", "0014_read_in_sets")]

    operations = [
        migrations.AddField(
            model_name="openinglot",
            name="currency",
            field=models.CharField(blank=True, default="", max_length=12),
        ),
    ]
