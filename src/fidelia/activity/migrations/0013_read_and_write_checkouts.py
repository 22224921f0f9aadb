"""What a checkout reads and what its closure writes, each in one call; checkouts carry change marks."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"
MARKS = """
alter table activity_checkout add column changed_xid xid8 not null default pg_current_xact_id();
create index checkouts_in_the_order_of_commits on activity_checkout (changed_xid);
create type activity_closed as (purchase_id uuid, balance_after bigint, rewards jsonb);
"""
UNMARK = "drop type activity_closed cascade; alter table activity_checkout drop column changed_xid;"


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0012_checkouts"),
        ("kernel", "0006_change_marks"),
        ("ledger", "0003_opening_balances"),
    ]
    operations = [
        migrations.RunSQL(MARKS, UNMARK),
        *(
            migrations.RunSQL((SQL / f"checkout_{name}.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop)
            for name in ("reading", "writing")
        ),
    ]
