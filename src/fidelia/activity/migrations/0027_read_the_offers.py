"""What is read of a customer for rules says which offers she has activated."""

from pathlib import Path

from django.db import migrations

READING = Path(__file__).parent.parent / "sql" / "begin.sql"


class Migration(migrations.Migration):
    dependencies = [("activity", "0026_read_the_plans"), ("rewards", "0014_offers_to_activate")]
    operations = [migrations.RunSQL(READING.read_text(encoding="utf-8"), migrations.RunSQL.noop)]
