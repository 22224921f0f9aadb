"""A reward that costs points is paid from what the member has, also where points do not pay for the rest."""

from pathlib import Path

from django.db import migrations

READING = Path(__file__).parent.parent / "sql" / "checkout_reading.sql"


class Migration(migrations.Migration):
    dependencies = [("activity", "0017_issue_at_the_closure")]
    operations = [migrations.RunSQL(READING.read_text(encoding="utf-8"), migrations.RunSQL.noop)]
