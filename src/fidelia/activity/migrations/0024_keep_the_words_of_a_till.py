"""A line keeps the till's own category and brand, where the file of products knew none."""

from pathlib import Path

from django.db import migrations, models

WRITING = Path(__file__).parent.parent / "sql" / "checkout_writing.sql"


class Migration(migrations.Migration):
    dependencies = [("activity", "0023_ask_the_time_of_cards")]
    operations = [
        migrations.AddField("purchaseline", "category", models.TextField(null=True)),
        migrations.AddField("purchaseline", "brand", models.TextField(null=True)),
        migrations.RunSQL(WRITING.read_text(encoding="utf-8"), migrations.RunSQL.noop),
    ]
