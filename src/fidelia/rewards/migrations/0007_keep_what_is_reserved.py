"""What a checkout has reserved in time is read as its own, though its last day passes meanwhile."""

from pathlib import Path

from django.db import migrations

READING = (Path(__file__).resolve().parent.parent / "sql" / "reading.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("rewards", "0006_issue_from_purchases")]
    operations = [migrations.RunSQL(READING, migrations.RunSQL.noop)]
