"""What a return does with spent points is a policy of four; a currency has a look."""

from django.db import migrations, models
from django.db.models import Q

FOLLOW = "update programme_pointscurrency set negative_policy = 'unlimited' where may_go_negative"


class Migration(migrations.Migration):
    dependencies = [("programme", "0008_find_tiers_to_announce")]
    operations = [
        migrations.AddField(
            model_name="pointscurrency",
            name="negative_policy",
            field=models.CharField(
                choices=[
                    ("forbid", "Forbid"),
                    ("only_pending", "Only Pending"),
                    ("within_balance", "Within Balance"),
                    ("unlimited", "Unlimited"),
                ],
                default="within_balance",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="pointscurrency",
            name="look",
            field=models.CharField(
                choices=[("points", "Points"), ("miles", "Miles"), ("money", "Money")], default="points", max_length=10
            ),
        ),
        migrations.RunSQL(FOLLOW, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="pointscurrency",
            constraint=models.CheckConstraint(
                condition=Q(("may_go_negative", True), ("negative_policy", "unlimited"))
                | (Q(("may_go_negative", False)) & ~Q(("negative_policy", "unlimited"))),
                name="a balance goes below zero where the policy has no limit",
            ),
        ),
    ]
