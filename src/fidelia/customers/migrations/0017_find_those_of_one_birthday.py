"""Duplicates are looked for among those born on one day: without an index a page read a million customers for it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0016_when_customers_were_merged")]
    operations = [
        migrations.AddIndex(
            model_name="customer",
            index=models.Index(
                condition=models.Q(("birth_on__isnull", False), ("merged_into__isnull", True)),
                fields=["birth_on"],
                name="customers_by_birthday",
            ),
        ),
    ]
