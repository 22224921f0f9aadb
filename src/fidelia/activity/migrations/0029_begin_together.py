"""Purchases that go to the database together are read by one statement."""

from pathlib import Path

from django.db import migrations

READING = Path(__file__).parent.parent / "sql" / "begin_together.sql"


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0028_returns_that_name_their_receipt"),
        ("customers", "0015_read_in_sets"),
        ("programme", "0014_read_in_sets"),
        ("products", "0006_read_in_sets"),
        ("organisation", "0010_read_in_sets"),
        ("cards", "0003_read_in_sets"),
    ]
    operations = [
        migrations.RunSQL(
            READING.read_text(encoding="utf-8"), "drop function activity_begin_together(uuid[], boolean[], json)"
        )
    ]
