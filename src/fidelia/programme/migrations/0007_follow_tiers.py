"""Tiers that begin or end by time alone are announced once; a version with other tiers reaches every member."""

from django.db import migrations, models

# What has begun was announced, or was history brought in; and everybody stands by the version in force.
CATCH_UP = """
update programme_tierperiod set announced_at = recorded_at where valid_from <= now();
update programme_programme programme set tiers_version_id = (
    select version.id from programme_programmeversion version
    where version.programme_id = programme.id and version.in_force_from <= now()
      and (version.withdrawn_at is null or version.withdrawn_at > now())
    order by version.in_force_from desc, version.number desc limit 1);
"""


class Migration(migrations.Migration):
    dependencies = [("programme", "0006_find_members_and_holders")]
    operations = [
        migrations.AddField(model_name="programme", name="tiers_version_id", field=models.UUIDField(null=True)),
        migrations.AddField(model_name="tierperiod", name="announced_at", field=models.DateTimeField(null=True)),
        migrations.RunSQL(CATCH_UP, migrations.RunSQL.noop),
    ]
