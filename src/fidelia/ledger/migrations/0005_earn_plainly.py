"""An earning of one part is written without a plan of movements."""

from importlib import import_module

from django.db import migrations

read_again = import_module("fidelia.ledger.migrations.0004_life_of_points").read_again


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_life_of_points")]
    operations = [migrations.RunSQL(read_again("posting"), migrations.RunSQL.noop)]
