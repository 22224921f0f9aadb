"""The life of points: promised, activated, given up, let live on, reinstated; and accounts shut while in a pool.

A new database has it all from its first migration; one that was made before is told here.
"""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).resolve().parent.parent / "sql"
CHANGED = ("posting", "plans", "bulk", "transfers", "accounts", "pending", "reading", "invariants")
COLUMNS = """
alter table public.ledger_balance add column if not exists pending bigint not null default 0;
alter table public.ledger_posting add column if not exists lives_until timestamptz;
drop function if exists public.ledger_balance_of(uuid, text, timestamptz);
do $$
begin
    if not exists (
        select from pg_attribute where attrelid = 'public.ledger_request'::regclass and attname = 'lives_until'
    ) then
        alter type public.ledger_request add attribute activates_at timestamptz, add attribute cancels_at timestamptz,
            add attribute lives_until timestamptz, add attribute since timestamptz,
            add attribute target_account_id uuid;
    end if;
end $$;
"""


def read_again(name: str) -> str:
    text = (SQL / f"{name}.sql").read_text(encoding="utf-8")
    return text.replace("create function", "create or replace function").replace("create view", "create or replace view")


def promised() -> str:
    """Return the table of what is promised, from the file that makes it in a new database."""
    text = (SQL / "tables.sql").read_text(encoding="utf-8")
    begun = text.index("create table public.ledger_pending")
    table = text[begun : text.index("-- (end of what is promised)")]
    return table.replace("create table", "create table if not exists").replace(
        "create index", "create index if not exists"
    )


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_opening_balances")]
    operations = [
        migrations.RunSQL(COLUMNS, migrations.RunSQL.noop),
        migrations.RunSQL(promised(), migrations.RunSQL.noop),
        *(migrations.RunSQL(read_again(name), migrations.RunSQL.noop) for name in CHANGED),
        migrations.CreateModel(
            name="Pending",
            fields=[
                ("pk", models.CompositePrimaryKey("account_id", "lot_id", blank=True, editable=False, primary_key=True, serialize=False)),
                ("account_id", models.UUIDField()),
                ("lot_id", models.UUIDField()),
                ("posting_id", models.UUIDField()),
                ("currency", models.TextField()),
                ("amount", models.BigIntegerField()),
                ("remaining", models.BigIntegerField()),
                ("is_open", models.BooleanField()),
                ("pended_at", models.DateTimeField()),
                ("activates_at", models.DateTimeField(null=True)),
                ("cancels_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
            ],
            options={"db_table": "ledger_pending", "managed": False},
        ),
    ]
