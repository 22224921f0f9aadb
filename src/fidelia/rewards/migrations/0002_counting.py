"""Counters, reservations and uses, and the functions that read and take them, from the files beside it in sql/."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
FILES = ("tables", "states", "items", "gift_cards", "taking", "limits", "giving_back", "reading")


class Migration(migrations.Migration):
    dependencies = [("rewards", "0001_initial"), ("kernel", "0002_outbox")]
    operations = [migrations.RunSQL((SQL / f"{name}.sql").read_text(encoding="utf-8")) for name in FILES]
