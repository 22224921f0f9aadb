"""Locks are taken after all that needs none, and plans are kept."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
FILES = ("items", "taking", "giving_back", "reading")


class Migration(migrations.Migration):
    dependencies = [("rewards", "0003_spread_limits")]
    operations = [
        migrations.RunSQL((SQL / f"{name}.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop) for name in FILES
    ]
