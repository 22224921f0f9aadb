"""Campaigns, whom they drew, and their results."""

import django.db.models.deletion
import django.db.models.expressions
import fidelia.kernel.ids
import fidelia.kernel.localized_field
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [("kernel", "0001_roles")]

    operations = [
        migrations.CreateModel(
            name='Campaign',
            fields=[
                ('id', models.UUIDField(default=fidelia.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=30, unique=True)),
                ('name', fidelia.kernel.localized_field.LocalizedTextField()),
                ('programme_id', models.UUIDField()),
                ('partner_id', models.UUIDField(null=True)),
                ('segment_id', models.UUIDField()),
                ('segment_key', models.CharField(max_length=60)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('awaiting_approval', 'Awaiting Approval'), ('running', 'Running'), ('ended', 'Ended'), ('stopped', 'Stopped')], default='draft', max_length=17)),
                ('control_numerator', models.PositiveSmallIntegerField()),
                ('control_denominator', models.PositiveSmallIntegerField()),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('offer', models.JSONField()),
                ('template', models.CharField(blank=True, default='', max_length=60)),
                ('seed', models.CharField(max_length=64)),
                ('author_id', models.UUIDField(null=True)),
                ('author_label', models.CharField(max_length=150)),
                ('created_at', models.DateTimeField()),
                ('changed_at', models.DateTimeField()),
                ('approval_id', models.UUIDField(null=True)),
                ('launched_at', models.DateTimeField(null=True)),
                ('launched_by', models.CharField(blank=True, default='', max_length=150)),
                ('counted_from', models.DateTimeField(null=True)),
                ('audience', models.JSONField(null=True)),
                ('treated_segment_id', models.UUIDField(null=True)),
                ('version_id', models.UUIDField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'awaiting_approval', 'running', 'ended', 'stopped'])), name='a campaign is in a known state'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='a campaign ends after it starts'), models.CheckConstraint(condition=models.Q(('control_denominator__gte', django.db.models.expressions.CombinedExpression(models.F('control_numerator'), '*', models.Value(2))), ('control_numerator__gte', 1)), name='a control group is at most half'), models.CheckConstraint(condition=models.Q(models.Q(('launched_at__isnull', True), ('state__in', ['draft', 'awaiting_approval'])), models.Q(('counted_from__isnull', False), ('launched_at__isnull', False), ('state__in', ['running', 'ended', 'stopped'])), _connector='OR'), name='a launched campaign says when'), models.CheckConstraint(condition=models.Q(('state__in', ['ended', 'stopped']), ('finished_at__isnull', True), _connector='XOR'), name='a finished campaign says when')],
            },
        ),
        migrations.CreateModel(
            name='CampaignMember',
            fields=[
                ('pk', models.CompositePrimaryKey('campaign_id', 'customer_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('customer_id', models.UUIDField(db_index=True)),
                ('arm', models.CharField(choices=[('treated', 'Treated'), ('control', 'Control')], max_length=7)),
                ('assigned_at', models.DateTimeField()),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='members', to='campaigns.campaign')),
            ],
            options={
                'db_table': 'campaigns_member',
                'constraints': [models.CheckConstraint(condition=models.Q(('arm__in', ['treated', 'control'])), name='an arm is treated or control')],
            },
        ),
        migrations.CreateModel(
            name='CampaignResult',
            fields=[
                ('id', models.UUIDField(default=fidelia.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('export_id', models.UUIDField()),
                ('counted_from', models.DateTimeField()),
                ('counted_until', models.DateTimeField()),
                ('currency', models.CharField(max_length=3)),
                ('tallies', models.JSONField()),
                ('measured_at', models.DateTimeField()),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='results', to='campaigns.campaign')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('counted_until__gte', models.F('counted_from'))), name='a result counts forward in time')],
            },
        ),
    ]
