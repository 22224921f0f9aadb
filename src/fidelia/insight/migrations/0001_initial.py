"""What was exported, refreshed and scored."""

import django.db.models.deletion
import fidelia.kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [("kernel", "0001_roles")]

    operations = [
        migrations.CreateModel(
            name='FactExport',
            fields=[
                ('id', models.UUIDField(default=fidelia.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('cut_off_at', models.DateTimeField()),
                ('horizon', models.BigIntegerField()),
                ('row_counts', models.JSONField()),
                ('schema_hash', models.CharField(max_length=16)),
                ('exported_at', models.DateTimeField()),
                ('purged_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'insight_export',
                'indexes': [models.Index(condition=models.Q(('purged_at__isnull', True)), fields=['-exported_at'], name='exports_that_are_kept')],
            },
        ),
        migrations.CreateModel(
            name='Refresh',
            fields=[
                ('id', models.UUIDField(default=fidelia.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('as_of', models.DateTimeField()),
                ('currency', models.CharField(max_length=3)),
                ('window_days', models.PositiveIntegerField()),
                ('customer_count', models.PositiveIntegerField()),
                ('refreshed_at', models.DateTimeField()),
                ('export', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refreshes', to='insight.factexport')),
            ],
        ),
        migrations.CreateModel(
            name='RfmScore',
            fields=[
                ('customer_id', models.UUIDField(primary_key=True, serialize=False)),
                ('last_sale_at', models.DateTimeField()),
                ('recency_days', models.IntegerField()),
                ('frequency', models.IntegerField()),
                ('amount', models.BigIntegerField()),
                ('recency_score', models.SmallIntegerField()),
                ('frequency_score', models.SmallIntegerField()),
                ('amount_score', models.SmallIntegerField()),
                ('segment', models.CharField(max_length=20)),
                ('refresh', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='scores', to='insight.refresh')),
            ],
            options={
                'db_table': 'insight_rfm',
            },
        ),
        migrations.AddIndex(
            model_name='refresh',
            index=models.Index(fields=['-refreshed_at'], name='refreshes_the_newest_first'),
        ),
        migrations.AddConstraint(
            model_name='refresh',
            constraint=models.CheckConstraint(condition=models.Q(('window_days__gte', 1)), name='a window has at least one day'),
        ),
        migrations.AddIndex(
            model_name='rfmscore',
            index=models.Index(fields=['recency_score', 'frequency_score'], name='customers_of_a_cell'),
        ),
        migrations.AddConstraint(
            model_name='rfmscore',
            constraint=models.CheckConstraint(condition=models.Q(('amount_score__range', (1, 5)), ('frequency_score__range', (1, 5)), ('recency_score__range', (1, 5))), name='a score is 1 to 5'),
        ),
    ]
