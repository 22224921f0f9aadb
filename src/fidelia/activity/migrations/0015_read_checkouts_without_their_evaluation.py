"""What is evaluated anew is not read: two hundred rules say a lot."""

from pathlib import Path

from django.db import migrations

READING = Path(__file__).parent.parent / "sql" / "checkout_reading.sql"


class Migration(migrations.Migration):
    dependencies = [("activity", "0014_sales_return_nothing")]
    operations = [migrations.RunSQL(READING.read_text(encoding="utf-8"), migrations.RunSQL.noop)]
