"""Closures that travel together are written by one statement."""

from pathlib import Path

from django.db import migrations

WRITING = Path(__file__).parent.parent / "sql" / "checkout_writing.sql"


class Migration(migrations.Migration):
    dependencies = [("activity", "0029_begin_together"), ("rewards", "0017_take_together")]
    operations = [migrations.RunSQL(WRITING.read_text(encoding="utf-8"), migrations.RunSQL.noop)]
