"""A limit per member holds over the merged person: nothing is moved, so that undoing a merge gives back by itself."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
CHANGED = ("reading", "spreading", "limits")


class Migration(migrations.Migration):
    dependencies = [("rewards", "0009_catalog"), ("customers", "0010_read_by_kept_plans")]
    operations = [
        migrations.RunSQL((SQL / f"{name}.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop) for name in CHANGED
    ]
