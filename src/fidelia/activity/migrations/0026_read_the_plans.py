"""What is read of a customer for rules says which plans she has, and what they entitle to."""

from pathlib import Path

from django.db import migrations

READING = Path(__file__).parent.parent / "sql" / "begin.sql"


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0025_read_and_write_checkouts_apart"),
        ("subscriptions", "0001_initial"),
    ]
    operations = [migrations.RunSQL(READING.read_text(encoding="utf-8"), migrations.RunSQL.noop)]
