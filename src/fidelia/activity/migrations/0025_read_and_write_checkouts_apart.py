"""What a basket names and what was answered to it travel apart; the answer is kept as the text that it is.

A closure read and wrote its evaluation as jsonb, which took the database a fifth of the whole.
"""

from pathlib import Path

from django.db import migrations

import fidelia.activity.models

SQL = Path(__file__).parent.parent / "sql"
# With other arguments they would be other functions.
DROP = """
drop function if exists activity_checkout_begin(
    text, text, text, text, jsonb, boolean, timestamptz, boolean, integer);
drop function if exists activity_checkout_close(
    text, integer, integer, uuid, bigint, bytea, text, text, text, text, text, uuid, text, bytea);
drop function if exists activity_write_checkout(activity_checkout, boolean);
"""


def _run(name: str) -> migrations.RunSQL:
    return migrations.RunSQL((SQL / name).read_text(encoding="utf-8"), migrations.RunSQL.noop)


class Migration(migrations.Migration):
    dependencies = [("activity", "0024_keep_the_words_of_a_till")]
    operations = [
        migrations.AlterField("checkout", "evaluation", fidelia.activity.models.EvaluationField()),
        migrations.RunSQL(DROP, migrations.RunSQL.noop),
        _run("begin.sql"),
        _run("checkout_reading.sql"),
        _run("checkout_writing.sql"),
    ]
