"""A gift card onto which money comes back can be spent for a while again, also where its time was over."""

from pathlib import Path

from django.db import migrations

CARDS = (Path(__file__).resolve().parent.parent / "sql" / "gift_cards.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("rewards", "0011_owned_by_the_person")]
    operations = [migrations.RunSQL(CARDS, migrations.RunSQL.noop)]
