"""A balance can be locked for what a transaction is about to post; told again to databases made before."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
TEXT = (SQL / "accounts.sql").read_text(encoding="utf-8").replace("create function", "create or replace function")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_settle_an_account")]
    operations = [migrations.RunSQL(TEXT, migrations.RunSQL.noop)]
