"""Opening balances: a kind of posting, its account code, and a function that posts many.

The files in sql/ say how each function is now, so a new database has them from its first migration; one that was made
before is told again here.
"""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
CHANGED = ("posting", "plans", "bulk", "invariants", "opening")
# It has two more arguments now; the one that is called stays the only one of its name.
FORMER = """
drop function if exists public.ledger_write_earns(
    uuid[], uuid[], uuid[], bigint[], timestamptz[], timestamptz[], uuid[], text[], bigint[], uuid[], uuid[], text,
    timestamptz);
"""


def read_again(name: str) -> str:
    text = (SQL / f"{name}.sql").read_text(encoding="utf-8")
    return text.replace("create function", "create or replace function").replace("create view", "create or replace view")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_models")]
    operations = [
        migrations.RunSQL(FORMER, migrations.RunSQL.noop),
        *(migrations.RunSQL(read_again(name), migrations.RunSQL.noop) for name in CHANGED),
    ]
