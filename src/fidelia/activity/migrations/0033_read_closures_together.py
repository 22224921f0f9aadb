"""Closures that travel together are read by one statement."""

from pathlib import Path

from django.db import migrations

READING = Path(__file__).parent.parent / "sql" / "checkout_reading.sql"
DROP = """
drop function activity_close_begin_together(uuid[], boolean[], json);
drop function activity_names_of_basket(jsonb, text, timestamptz, json);
"""


class Migration(migrations.Migration):
    dependencies = [("activity", "0032_try_together")]
    operations = [migrations.RunSQL(READING.read_text(encoding="utf-8"), DROP)]
