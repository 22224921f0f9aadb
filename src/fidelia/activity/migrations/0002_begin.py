"""The function that reads for a purchase, and the privileges: what is recorded is never changed."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent.parent / "sql"
BEGIN = (SQL / "begin.sql").read_text(encoding="utf-8")
STAGING = (SQL / "staging.sql").read_text(encoding="utf-8")
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
        migrations.RunSQL(STAGING, "drop function activity_analyze_import_rows; drop table activity_import_row;"),
        migrations.RunSQL(APPEND_ONLY, migrations.RunSQL.noop),
    ]
