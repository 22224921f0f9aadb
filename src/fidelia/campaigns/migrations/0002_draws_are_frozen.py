"""Nobody is moved from arm to arm: the application may write and erase members, and change none."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "revoke update on campaigns_member from fidelia_app;", "grant update on campaigns_member to fidelia_app;"
        )
    ]
