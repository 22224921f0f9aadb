"""Rules may ask what a member bought before: one indexed reading, and only where a rule asks."""

from pathlib import Path

from django.db import migrations

PAST = Path(__file__).parent.parent / "sql" / "past.sql"


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0018_read_points_for_rewards"),
        ("customers", "0010_read_by_kept_plans"),
        ("organisation", "0002_read_for_rules"),
        ("products", "0002_read_for_rules"),
    ]
    operations = [migrations.RunSQL(PAST.read_text(encoding="utf-8"), migrations.RunSQL.noop)]
