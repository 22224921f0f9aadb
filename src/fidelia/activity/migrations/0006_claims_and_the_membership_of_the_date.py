"""Anonymous purchases are claimed, returns say who bears them, and a late purchase finds the membership of its date."""

from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

BEGIN = (Path(__file__).parent.parent / "sql" / "begin.sql").read_text(encoding="utf-8")
APPEND_ONLY = "revoke update, delete on activity_claim from fidelia_app;"


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0005_change_marks"),
        ("programme", "0003_membership_of_a_date"),
    ]
    operations = [
        migrations.AddField(
            model_name="purchase",
            name="borne_by_store_id",
            field=models.UUIDField(null=True),
        ),
        migrations.CreateModel(
            name="PurchaseClaim",
            fields=[
                (
                    "purchase",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="claim",
                        serialize=False,
                        to="activity.purchase",
                    ),
                ),
                ("sale_id", models.UUIDField()),
                ("customer_id", models.UUIDField()),
                ("enrolment_id", models.UUIDField()),
                ("account_id", models.UUIDField()),
                ("points", models.BigIntegerField()),
                ("line_points", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField())),
                ("balance_after", models.BigIntegerField(null=True)),
                ("rule_version_id", models.UUIDField(null=True)),
                ("posting_id", models.UUIDField(null=True)),
                ("claimed_at", models.DateTimeField()),
            ],
            options={
                "db_table": "activity_claim",
                "indexes": [models.Index(fields=["customer_id"], name="claims_of_a_customer")],
            },
        ),
        migrations.RunSQL(APPEND_ONLY, migrations.RunSQL.noop),
        migrations.RunSQL(BEGIN, migrations.RunSQL.noop),
    ]
