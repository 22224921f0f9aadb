"""An earning of one part is written without a plan of movements."""

from importlib import import_module

from django.db import migrations

read_again = import_module("fidelia.ledger.migrations.0003_opening_balances").read_again


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_opening_balances")]
    operations = [migrations.RunSQL(read_again("posting"), migrations.RunSQL.noop)]
