"""Gift cards that a checkout charges are locked in one order with those that pay for it."""

from pathlib import Path

from django.db import migrations

GIFT_CARDS = (Path(__file__).resolve().parent.parent / "sql" / "gift_cards.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("rewards", "0019_gift_cards_charged_again")]
    operations = [migrations.RunSQL(GIFT_CARDS, migrations.RunSQL.noop)]
