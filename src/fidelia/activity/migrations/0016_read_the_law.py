"""A checkout reads what the law says of promotions with all the rest."""

from pathlib import Path

from django.db import migrations

READ = (Path(__file__).parent.parent / "sql" / "checkout_reading.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("activity", "0015_read_checkouts_without_their_evaluation"), ("organisation", "0006_laws_for_rules")]
    operations = [migrations.RunSQL(READ, migrations.RunSQL.noop)]
