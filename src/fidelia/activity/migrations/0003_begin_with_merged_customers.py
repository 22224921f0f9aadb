"""A purchase finds the membership of a person under whichever of their merged customers it is kept."""

from pathlib import Path

from django.db import migrations

BEGIN = (Path(__file__).parent.parent / "sql" / "begin.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("activity", "0002_begin"), ("customers", "0004_read_merges_and_traits")]
    operations = [migrations.RunSQL(BEGIN, migrations.RunSQL.noop)]
