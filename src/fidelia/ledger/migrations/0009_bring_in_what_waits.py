"""Imports bring in points that still wait, and let points live on; told again to databases made before."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
FORMER = """
drop function if exists public.ledger_post_one_by_one(
    uuid[], text[], bytea[], uuid[], text[], bigint[], timestamptz[], timestamptz[], uuid[], text[], bigint[], uuid[],
    uuid[], uuid[], text[], text[], text, timestamptz, text, uuid, text, text)
"""
TEXT = (SQL / "bulk.sql").read_text(encoding="utf-8").replace("create function", "create or replace function")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0008_give_back")]
    operations = [
        migrations.RunSQL(FORMER, migrations.RunSQL.noop),
        migrations.RunSQL(TEXT, migrations.RunSQL.noop),
    ]
