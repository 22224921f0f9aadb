"""What imports recorded is kept batch by batch, so that it can be taken back."""

from pathlib import Path

import django.contrib.postgres.fields
from django.db import migrations, models


TAKING_BACK = (Path(__file__).parent.parent / "sql" / "taking_back.sql").read_text(encoding="utf-8")
DROP = "drop function activity_take_back;"
KEPT = "revoke insert, update, delete on activity_taken_back from fidelia_app;"


class Migration(migrations.Migration):

    dependencies = [
        ("activity", "0019_read_the_past"),
    ]

    operations = [
        migrations.CreateModel(
            name='ImportBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('import_id', models.UUIDField()),
                ('purchase_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                ('enrolment_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                ('recorded_at', models.DateTimeField()),
                ('undone_at', models.DateTimeField(null=True)),
                ('undone', models.JSONField(default=dict)),
            ],
            options={
                'db_table': 'activity_import_batch',
                'indexes': [models.Index(fields=['import_id', 'id'], name='batches_of_an_import')],
            },
        ),
        migrations.CreateModel(
            name='TakenBackPurchase',
            fields=[
                ('purchase_id', models.UUIDField(primary_key=True, serialize=False)),
                ('import_id', models.UUIDField()),
                ('customer_id', models.UUIDField(null=True)),
                ('purchase', models.JSONField()),
                ('lines', models.JSONField()),
                ('claim', models.JSONField(null=True)),
                ('taken_back_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'activity_taken_back',
                'indexes': [models.Index(fields=['customer_id'], name='taken_back_of_a_customer')],
            },
        ),
        migrations.RunSQL(TAKING_BACK, DROP),
        migrations.RunSQL(KEPT, migrations.RunSQL.noop),
    ]
