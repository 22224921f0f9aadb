"""A closure that travels with other calls waits for a lock no longer than they may."""

from pathlib import Path

from django.db import migrations

WRITING = Path(__file__).parent.parent / "sql" / "checkout_writing.sql"


class Migration(migrations.Migration):
    dependencies = [("activity", "0021_reward_history")]
    operations = [migrations.RunSQL(WRITING.read_text(encoding="utf-8"), migrations.RunSQL.noop)]
