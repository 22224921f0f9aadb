"""What a member holds is theirs under whatever name it was given them: coupons and vouchers of a merged record too."""

from pathlib import Path

from django.db import migrations

STATES = (Path(__file__).resolve().parent.parent / "sql" / "states.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("rewards", "0010_count_for_the_person")]
    operations = [migrations.RunSQL(STATES, migrations.RunSQL.noop)]
