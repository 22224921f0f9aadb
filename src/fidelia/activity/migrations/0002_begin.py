"""The function that reads for a purchase, and the privileges: what is recorded is never changed."""

from pathlib import Path

from django.db import migrations

BEGIN = (Path(__file__).parent.parent / "sql" / "begin.sql").read_text(encoding="utf-8")
APPEND_ONLY = "revoke update, delete on activity_purchase, activity_line, activity_decision from fidelia_app;"


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0001_initial"),
        ("customers", "0003_read_for_rules"),
        ("products", "0002_read_for_rules"),
        ("programme", "0002_read_for_rules"),
        ("organisation", "0002_read_for_rules"),
    ]
    operations = [
        migrations.RunSQL(BEGIN, "drop function activity_begin;"),
        migrations.RunSQL(APPEND_ONLY, migrations.RunSQL.noop),
    ]
