"""Baskets that are tried together are read by one statement."""

from pathlib import Path

from django.db import migrations

READING = Path(__file__).parent.parent / "sql" / "begin_together.sql"
DROP = """
drop function activity_try_together(uuid[], boolean[], json);
"""


class Migration(migrations.Migration):
    dependencies = [("activity", "0031_purchases_beside_the_counter")]
    operations = [migrations.RunSQL(READING.read_text(encoding="utf-8"), DROP)]
