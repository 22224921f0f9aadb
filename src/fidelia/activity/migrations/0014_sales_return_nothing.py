"""A sale has no place in the index of returns, and no check of a purchase that it does not return."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('activity', '0013_read_and_write_checkouts'),
    ]

    operations = [
        migrations.AlterField(
            model_name='purchase',
            name='returns_purchase',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='returns', to='activity.purchase'),
        ),
        migrations.AddIndex(
            model_name='purchase',
            index=models.Index(condition=models.Q(('returns_purchase__isnull', False)), fields=['returns_purchase'], name='returns_of_a_purchase'),
        ),
    ]
