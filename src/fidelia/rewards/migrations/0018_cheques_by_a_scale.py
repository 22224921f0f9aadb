"""Points become chèques by a scale of steps."""

from pathlib import Path

from django.db import migrations

CHEQUES = (Path(__file__).resolve().parent.parent / "sql" / "cheques.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("rewards", "0017_take_together")]
    operations = [migrations.RunSQL(CHEQUES, migrations.RunSQL.noop)]
