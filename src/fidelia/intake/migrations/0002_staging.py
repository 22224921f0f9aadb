"""Staging of rows as text, and rows mended."""

from pathlib import Path

from django.db import migrations, models

STAGING = (Path(__file__).parent.parent / "sql" / "staging.sql").read_text(encoding="utf-8")
DROP = """
drop function intake_reason; drop function intake_analyze_rows; drop function intake_width; drop function intake_cell;
drop table intake_row;
"""


class Migration(migrations.Migration):
    dependencies = [("intake", "0001_initial")]
    operations = [
        migrations.AddField("import", "columns", models.JSONField(default=list)),
        migrations.CreateModel(
            name="Mending",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "import_id", "row_number", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("import_id", models.UUIDField()),
                ("row_number", models.BigIntegerField()),
                ("cells", models.TextField()),
                ("by_label", models.CharField(max_length=150)),
                ("mended_at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(STAGING, DROP),
    ]
