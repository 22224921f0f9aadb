"""One account is brought up to date by itself, as before it joins a pool; told again to databases made before."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
TEXT = (SQL / "expiry.sql").read_text(encoding="utf-8").replace("create function", "create or replace function")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_earn_plainly")]
    operations = [migrations.RunSQL(TEXT, migrations.RunSQL.noop)]
