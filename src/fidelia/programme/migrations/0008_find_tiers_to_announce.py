"""Find the tiers that begin without having been announced. Apart, because rows were changed just before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("programme", "0007_follow_tiers")]
    operations = [
        migrations.AddIndex(
            model_name="tierperiod",
            index=models.Index(
                condition=models.Q(("announced_at__isnull", True), ("superseded_at__isnull", True)),
                fields=["valid_from"],
                name="tiers_not_yet_announced",
            ),
        ),
    ]
