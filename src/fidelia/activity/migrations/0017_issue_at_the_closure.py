"""A closure issues the coupons and vouchers that its bill gives, and keeps their codes."""

from pathlib import Path

from django.db import migrations

WRITING = Path(__file__).parent.parent / "sql" / "checkout_writing.sql"


class Migration(migrations.Migration):
    dependencies = [("activity", "0016_read_the_law")]
    operations = [migrations.RunSQL(WRITING.read_text(encoding="utf-8"), migrations.RunSQL.noop)]
