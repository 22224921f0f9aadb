"""History of before any programme can be rewarded by one: the claim names it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('activity', '0020_take_imports_back'),
    ]

    operations = [
        migrations.AddField(
            model_name='purchaseclaim',
            name='programme_id',
            field=models.UUIDField(null=True),
        ),
    ]
