"""A card whose time is over names nobody, whether or not a job has written that down."""

from pathlib import Path

from django.db import migrations

BEGIN = (Path(__file__).parent.parent / "sql" / "begin.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("activity", "0022_close_together"), ("cards", "0002_over_by_time")]
    operations = [migrations.RunSQL(BEGIN, migrations.RunSQL.noop)]
