"""Pools, notices, corrections that wait, further currencies, several sets of tiers; the rules read the main set."""

import django.db.models.deletion
import fidelia.kernel.ids
from django.db import migrations, models


READ = """
create or replace function programme_tier_for_rules(p_enrolment uuid, p_at timestamptz) returns text
language plpgsql stable parallel safe as $$
begin
    return (
        select period.tier from programme_tierperiod period
        where period.enrolment_id = p_enrolment and period.tier_set = '' and period.superseded_at is null
            and period.valid_from <= p_at and (period.valid_until is null or period.valid_until > p_at)
        order by period.valid_from desc limit 1);
end $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('programme', '0009_policies_of_points_currencies'),
    ]

    operations = [
        migrations.CreateModel(
            name='AskedAdjustment',
            fields=[
                ('id', models.UUIDField(default=fidelia.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('currency', models.CharField(max_length=12)),
                ('amount', models.BigIntegerField()),
                ('reason', models.CharField(max_length=300)),
                ('expires_at', models.DateTimeField(null=True)),
                ('approval_id', models.UUIDField()),
                ('state', models.CharField(choices=[('asked', 'Asked'), ('done', 'Done'), ('refused', 'Refused')], default='asked', max_length=8)),
                ('asked_at', models.DateTimeField()),
                ('asked_by_label', models.CharField(max_length=150)),
                ('decided_at', models.DateTimeField(null=True)),
                ('posting_id', models.UUIDField(null=True)),
            ],
            options={
                'db_table': 'programme_asked_adjustment',
            },
        ),
        migrations.CreateModel(
            name='ExpiryNotice',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('account_id', models.UUIDField()),
                ('currency', models.CharField(max_length=12)),
                ('expires_at', models.DateTimeField()),
                ('days', models.PositiveSmallIntegerField()),
                ('amount', models.BigIntegerField()),
                ('told_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'programme_expiry_notice',
            },
        ),
        migrations.CreateModel(
            name='PointsPool',
            fields=[
                ('id', models.UUIDField(default=fidelia.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('account_id', models.UUIDField(unique=True)),
                ('name', models.CharField(max_length=120)),
                ('members_max', models.PositiveSmallIntegerField(default=10)),
                ('created_at', models.DateTimeField()),
                ('closed_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'programme_points_pool',
            },
        ),
        migrations.CreateModel(
            name='PoolMembership',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('own_account_id', models.UUIDField(db_index=True)),
                ('joined_at', models.DateTimeField()),
                ('left_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'programme_pool_membership',
            },
        ),
        migrations.CreateModel(
            name='ProgrammeCurrency',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('role', models.CharField(choices=[('redeemable', 'Redeemable'), ('qualifying', 'Qualifying'), ('cagnotte', 'Cagnotte')], max_length=12)),
            ],
            options={
                'db_table': 'programme_currency',
            },
        ),
        migrations.RemoveConstraint(
            model_name='tierperiod',
            name='one tier begins at an instant',
        ),
        migrations.AddField(
            model_name='tierperiod',
            name='noticed_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='tierperiod',
            name='tier_set',
            field=models.CharField(blank=True, db_default='', default='', max_length=40),
        ),
        migrations.AddConstraint(
            model_name='tierperiod',
            constraint=models.UniqueConstraint(condition=models.Q(('superseded_at__isnull', True)), fields=('enrolment', 'tier_set', 'valid_from'), name='one tier begins at an instant'),
        ),
        migrations.AddField(
            model_name='askedadjustment',
            name='enrolment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='asked_adjustments', to='programme.enrolment'),
        ),
        migrations.AddConstraint(
            model_name='expirynotice',
            constraint=models.UniqueConstraint(fields=('account_id', 'currency', 'expires_at', 'days'), name='an expiry is noticed once'),
        ),
        migrations.AddField(
            model_name='pointspool',
            name='programme',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pools', to='programme.programme'),
        ),
        migrations.AddField(
            model_name='poolmembership',
            name='enrolment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pool_memberships', to='programme.enrolment'),
        ),
        migrations.AddField(
            model_name='poolmembership',
            name='pool',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='programme.pointspool'),
        ),
        migrations.AddField(
            model_name='programmecurrency',
            name='currency',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='programme.pointscurrency'),
        ),
        migrations.AddField(
            model_name='programmecurrency',
            name='programme',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='more_currencies', to='programme.programme'),
        ),
        migrations.AddIndex(
            model_name='askedadjustment',
            index=models.Index(condition=models.Q(('state', 'asked')), fields=['asked_at'], name='adjustments_that_wait'),
        ),
        migrations.AddConstraint(
            model_name='poolmembership',
            constraint=models.UniqueConstraint(condition=models.Q(('left_at__isnull', True)), fields=('enrolment',), name='a member is in one pool at a time'),
        ),
        migrations.AddConstraint(
            model_name='programmecurrency',
            constraint=models.UniqueConstraint(fields=('programme', 'currency'), name='a programme counts once in a currency'),
        ),
        migrations.RunSQL(READ, migrations.RunSQL.noop),
    ]
