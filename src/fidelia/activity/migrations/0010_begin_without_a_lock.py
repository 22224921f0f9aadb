"""A purchase reads without locking, by plans that are kept; lines and decisions need no trigger to know their purchase.

Lines and decisions are written with their purchase and nobody may change or delete either. The checks of their foreign
keys, one of each row, cost a purchase of five lines more than the rows.
"""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

BEGIN = (Path(__file__).parent.parent / "sql" / "begin.sql").read_text(encoding="utf-8")
# The function had one parameter less before.
DROP = """
drop function if exists activity_begin(text, text, text, boolean, uuid, text, text, text, text[], timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0009_list_purchases_by_store_and_amount"),
        ("customers", "0010_read_by_kept_plans"),
        ("organisation", "0003_read_by_kept_plans"),
        ("products", "0003_read_by_kept_plans"),
        ("programme", "0005_read_by_kept_plans"),
    ]
    operations = [
        migrations.RunSQL(DROP, migrations.RunSQL.noop),
        migrations.RunSQL(BEGIN, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="purchaseline",
            name="purchase",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="activity.purchase",
            ),
        ),
        migrations.AlterField(
            model_name="decisionrecord",
            name="purchase",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="decisions",
                to="activity.purchase",
            ),
        ),
    ]
