"""Points that paid and come back are a kind of posting of their own: a redemption less, and nothing earned."""

from importlib import import_module

from django.db import migrations

read_again = import_module("fidelia.ledger.migrations.0004_life_of_points").read_again


class Migration(migrations.Migration):
    dependencies = [("ledger", "0007_lock_a_balance")]
    operations = [
        migrations.RunSQL(read_again("posting"), migrations.RunSQL.noop),
        migrations.RunSQL(read_again("invariants"), migrations.RunSQL.noop),
    ]
