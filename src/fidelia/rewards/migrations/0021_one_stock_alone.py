"""A choice of a reward takes its piece of stock without the lists that a basket needs."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).resolve().parent.parent / "sql"
FILES = ("states", "items", "pieces", "taking", "redeeming")


class Migration(migrations.Migration):
    dependencies = [("rewards", "0020_lock_cards_in_one_order")]
    operations = [
        migrations.RunSQL((SQL / f"{name}.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop) for name in FILES
    ]
