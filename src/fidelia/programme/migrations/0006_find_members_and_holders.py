"""Indexes for lists: who holds a tier, and every membership of a customer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("programme", "0005_read_by_kept_plans")]
    operations = [
        migrations.AddIndex(
            model_name="tierperiod",
            index=models.Index(
                condition=models.Q(("superseded_at__isnull", True)),
                fields=["tier", "valid_until", "enrolment"],
                name="holders_of_a_tier",
            ),
        ),
        migrations.AddIndex(
            model_name="enrolment", index=models.Index(fields=["customer_id"], name="enrolments_of_a_customer")
        ),
    ]
