"""Offers that members activate, and what rules read of them."""

from pathlib import Path

import django.db.models.deletion
import fidelia.kernel.ids
from django.db import migrations, models


READING = Path(__file__).resolve().parent.parent / "sql" / "offers.sql"
_DROP = "drop function rewards_offers_for_rules(uuid, uuid[], timestamptz)"


class Migration(migrations.Migration):

    dependencies = [
        ('programme', '0012_texts_of_versions'),
        ('rewards', '0013_count_coupons_for_the_person'),
    ]

    operations = [
        migrations.CreateModel(
            name='OfferActivation',
            fields=[
                ('id', models.UUIDField(default=fidelia.kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('customer_id', models.UUIDField()),
                ('offer', models.CharField(max_length=60)),
                ('activated_at', models.DateTimeField()),
                ('holds_until', models.DateTimeField(null=True)),
                ('enrolment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='programme.enrolment')),
                ('programme', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='programme.programme')),
            ],
            options={
                'db_table': 'rewards_offer_activation',
                'indexes': [models.Index(fields=['customer_id', 'programme'], name='offers_of_a_customer')],
                'constraints': [models.UniqueConstraint(fields=('enrolment', 'offer'), name='a member activates an offer once'), models.CheckConstraint(condition=models.Q(('holds_until__isnull', True), ('holds_until__gte', models.F('activated_at')), _connector='OR'), name='an activation ends after it began')],
            },
        ),
        migrations.CreateModel(
            name='OfferCount',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('offer', models.CharField(max_length=60)),
                ('taken', models.BigIntegerField(default=0)),
                ('programme', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='programme.programme')),
            ],
            options={
                'db_table': 'rewards_offer_count',
                'constraints': [models.UniqueConstraint(fields=('programme', 'offer'), name='an offer is counted once'), models.CheckConstraint(condition=models.Q(('taken__gte', 0)), name='activations are not negative')],
            },
        ),
        migrations.RunSQL(READING.read_text(encoding="utf-8"), _DROP),
    ]
