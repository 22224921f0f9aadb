"""New earnings of several accounts are posted by one statement."""

from pathlib import Path

from django.db import migrations

TEXT = (Path(__file__).resolve().parent.parent / "sql" / "earning.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0009_bring_in_what_waits")]
    operations = [
        migrations.RunSQL(TEXT, "drop function public.ledger_earn_together(uuid[], json, out uuid[], out bigint[])")
    ]
