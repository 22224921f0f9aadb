"""What expires is told with its amount; told again to databases made before."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
TEXT = (SQL / "expiry.sql").read_text(encoding="utf-8").replace("create function", "create or replace function")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0010_earn_together")]
    operations = [migrations.RunSQL(TEXT, migrations.RunSQL.noop)]
