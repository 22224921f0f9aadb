"""A row of a file may name the receipt that it gives back; what a check keeps of receipts holds it line by line."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("activity", "0027_read_the_offers")]
    operations = [
        migrations.RunSQL(
            "alter table activity_import_receipt add column originals text[];",
            "alter table activity_import_receipt drop column originals;",
        )
    ]
