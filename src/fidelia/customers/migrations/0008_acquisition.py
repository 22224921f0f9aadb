"""How customers are addressed, what it cost to win them, and which import added them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("customers", "0007_list_customers_in_any_order")]
    operations = [
        migrations.AddField(
            model_name="customer",
            name="title",
            field=models.CharField(blank=True, default="", max_length=20),
        ),
        migrations.AddField(
            model_name="customer",
            name="registration_number",
            field=models.CharField(blank=True, default="", max_length=40),
        ),
        migrations.CreateModel(
            name="Acquisition",
            fields=[
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="acquisition",
                        serialize=False,
                        to="customers.customer",
                    ),
                ),
                ("cost", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("source", models.CharField(max_length=40)),
                ("recorded_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("cost__gte", 0)), name="to win a customer never pays"
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="ImportedCustomer",
            fields=[
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="imported",
                        serialize=False,
                        to="customers.customer",
                    ),
                ),
                ("import_id", models.UUIDField()),
            ],
            options={
                "db_table": "customers_imported",
                "indexes": [models.Index(fields=["import_id"], name="customers_of_an_import")],
            },
        ),
    ]
