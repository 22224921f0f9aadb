"""A purchase reads the earlier purchases of its member by their own index, whenever its plan was made."""

from pathlib import Path

from django.db import migrations

BEGIN = (Path(__file__).parent.parent / "sql" / "begin.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("activity", "0003_begin_with_merged_customers")]
    operations = [migrations.RunSQL(BEGIN, migrations.RunSQL.noop)]
