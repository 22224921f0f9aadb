"""The tables, functions and invariants of the ledger, from the files beside it in sql/."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
FILES = ("tables", "posting", "plans", "accounts", "transfers", "expiry", "bulk", "reading", "invariants")


class Migration(migrations.Migration):
    initial = True
    dependencies = [("kernel", "0002_outbox")]
    operations = [migrations.RunSQL((SQL / f"{name}.sql").read_text(encoding="utf-8")) for name in FILES]
