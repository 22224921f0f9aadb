"""What imports changed of products, stores, costs, margins and stock is kept, so that it can be put back."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('intake', '0002_staging'),
    ]

    operations = [
        migrations.CreateModel(
            name='RecordedChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('import_id', models.UUIDField()),
                ('thing', models.CharField(max_length=40)),
                ('before', models.JSONField(null=True)),
                ('after', models.JSONField()),
                ('outcome', models.CharField(blank=True, default='', max_length=16)),
            ],
            options={
                'db_table': 'intake_change',
                'indexes': [models.Index(fields=['import_id', 'id'], name='changes_of_an_import')],
            },
        ),
    ]
