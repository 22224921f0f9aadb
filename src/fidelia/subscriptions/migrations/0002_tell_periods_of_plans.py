"""Rules are told when the paid period of a plan began and ends: limits count in it."""

from pathlib import Path

from django.db import migrations

READING = (Path(__file__).resolve().parent.parent / "sql" / "reading.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("subscriptions", "0001_initial")]
    operations = [migrations.RunSQL(READING, migrations.RunSQL.noop)]
