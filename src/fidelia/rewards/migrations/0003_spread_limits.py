"""Limits that many checkouts count at once are counted in slots while much is left."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
# The function had one parameter less before.
DROP = """
drop function if exists rewards_take_limit(jsonb, uuid, text, date, date, bigint, bigint, smallint[]);
"""


class Migration(migrations.Migration):
    dependencies = [("rewards", "0002_counting")]
    operations = [
        migrations.RunSQL(DROP, migrations.RunSQL.noop),
        *(migrations.RunSQL((SQL / f"{name}.sql").read_text(encoding="utf-8")) for name in ("spreading", "limits")),
    ]
