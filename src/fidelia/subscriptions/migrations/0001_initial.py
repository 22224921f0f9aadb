"""Paid memberships."""

from pathlib import Path

import django.db.models.deletion
import fidelia.kernel.ids
from django.db import migrations, models


READING = Path(__file__).parent.parent / "sql" / "reading.sql"
_DROP = "drop function subscriptions_for_rules(uuid, uuid[], timestamptz)"


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('programme', '0012_texts_of_versions'),
    ]

    operations = [
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.UUIDField(default=fidelia.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('customer_id', models.UUIDField()),
                ('partner_id', models.UUIDField(null=True)),
                ('ladder', models.CharField(blank=True, default='', max_length=60)),
                ('plan', models.CharField(max_length=60)),
                ('policy', models.JSONField()),
                ('renewal', models.CharField(choices=[('auto', 'Auto'), ('by_hand', 'By Hand')], max_length=8)),
                ('is_trial', models.BooleanField(default=False)),
                ('anchor_at', models.DateTimeField()),
                ('cycle', models.PositiveIntegerField(default=0)),
                ('periods_count', models.PositiveIntegerField(default=0)),
                ('ends_at', models.DateTimeField(null=True)),
                ('holds_until', models.DateTimeField(null=True)),
                ('next_plan', models.CharField(blank=True, default='', max_length=60)),
                ('opened_at', models.DateTimeField()),
                ('stops_at_end', models.BooleanField(default=False)),
                ('ended_at', models.DateTimeField(null=True)),
                ('end_reason', models.CharField(blank=True, default='', max_length=20)),
                ('notice_at', models.DateTimeField(null=True)),
                ('due_told_for', models.DateTimeField(null=True)),
                ('changed_at', models.DateTimeField()),
                ('enrolment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='programme.enrolment')),
                ('programme', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='programme.programme')),
            ],
            options={
                'db_table': 'subscriptions_subscription',
            },
        ),
        migrations.CreateModel(
            name='SubscriptionPeriod',
            fields=[
                ('id', models.UUIDField(default=fidelia.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('plan', models.CharField(max_length=60)),
                ('entitlements', models.JSONField(default=list)),
                ('tier', models.CharField(blank=True, default='', max_length=60)),
                ('is_trial', models.BooleanField(default=False)),
                ('begins_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(null=True)),
                ('holds_until', models.DateTimeField(null=True)),
                ('price', models.BigIntegerField()),
                ('amount', models.BigIntegerField()),
                ('refunded', models.BigIntegerField(default=0)),
                ('reference', models.CharField(blank=True, default='', max_length=120)),
                ('source_type', models.CharField(blank=True, default='', max_length=20)),
                ('source_id', models.UUIDField(null=True)),
                ('source_line', models.PositiveIntegerField(default=0)),
                ('source_unit', models.PositiveIntegerField(default=0)),
                ('given', models.JSONField(default=dict)),
                ('recorded_at', models.DateTimeField()),
                ('subscription', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='periods', to='subscriptions.subscription')),
            ],
            options={
                'db_table': 'subscriptions_period',
            },
        ),
        migrations.AddIndex(
            model_name='subscription',
            index=models.Index(fields=['customer_id', 'programme'], name='subscriptions_of_a_customer'),
        ),
        migrations.AddIndex(
            model_name='subscription',
            index=models.Index(condition=models.Q(('ended_at', None)), fields=['ends_at', 'id'], name='subscriptions_by_their_end'),
        ),
        migrations.AddIndex(
            model_name='subscription',
            index=models.Index(condition=models.Q(('ended_at', None)), fields=['notice_at', 'id'], name='subscriptions_to_tell_of'),
        ),
        migrations.AddIndex(
            model_name='subscription',
            index=models.Index(fields=['programme', 'opened_at', 'id'], name='subscriptions_by_opening'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('enrolment', 'ladder'), name='a member has one plan of a ladder at a time'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('end_reason', ''), ('ended_at__isnull', True)), models.Q(('ended_at__isnull', False), models.Q(('end_reason', ''), _negated=True)), _connector='OR'), name='an ended subscription says why'),
        ),
        migrations.AddConstraint(
            model_name='subscription',
            constraint=models.CheckConstraint(condition=models.Q(('ended_at__isnull', False), ('ends_at__isnull', True), ('holds_until__gte', models.F('ends_at')), _connector='OR'), name='what is paid for holds to its end'),
        ),
        migrations.AddConstraint(
            model_name='subscriptionperiod',
            constraint=models.UniqueConstraint(fields=('subscription', 'number'), name='periods of a subscription are numbered'),
        ),
        migrations.AddConstraint(
            model_name='subscriptionperiod',
            constraint=models.UniqueConstraint(condition=models.Q(('source_id__isnull', False)), fields=('source_type', 'source_id', 'source_line', 'source_unit'), name='a line of a purchase buys a period once'),
        ),
        migrations.AddConstraint(
            model_name='subscriptionperiod',
            constraint=models.CheckConstraint(condition=models.Q(('refunded__gte', 0), models.Q(('refunded', 0), ('refunded__lte', models.F('amount')), _connector='OR')), name='no more comes back than was paid'),
        ),
        migrations.AddConstraint(
            model_name='subscriptionperiod',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__isnull', True), ('ends_at__gte', models.F('begins_at')), _connector='OR'), name='a period ends after it began'),
        ),
        migrations.AddConstraint(
            model_name='subscriptionperiod',
            constraint=models.CheckConstraint(condition=models.Q(('holds_until__isnull', True), ('holds_until__gte', models.F('begins_at')), _connector='OR'), name='a period gives nothing before it began'),
        ),
        migrations.RunSQL(READING.read_text(encoding="utf-8"), _DROP),
    ]
