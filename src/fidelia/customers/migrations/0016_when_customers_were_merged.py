"""A merge has its moment: what was known of a person on a day before it is told from what is known since."""

from django.db import migrations, models

# A record that was merged changes no more, but where its person is erased: then nothing of it is asked any more.
BACKFILL = "update customers_customer set merged_at = updated_at where merged_into_id is not null and merged_at is null"


class Migration(migrations.Migration):
    dependencies = [("customers", "0015_read_in_sets")]

    operations = [
        migrations.AddField(model_name="customer", name="merged_at", field=models.DateTimeField(null=True)),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
    ]
