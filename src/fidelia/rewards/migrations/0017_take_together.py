"""Limits of closures that are written together are taken together."""

from pathlib import Path

from django.db import migrations

TAKING = (Path(__file__).resolve().parent.parent / "sql" / "taking_together.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("rewards", "0016_tell_what_lapsed")]
    operations = [migrations.RunSQL(TAKING, "drop function rewards_consume_together(json)")]
