"""Which cards are over, for several purchases by one statement, which takes this in (customers 0015)."""

from django.db import migrations

READ = """
-- A row where cards_over is true.
create function cards_that_are_over(p_number text, p_at timestamptz) returns table (number text)
language sql stable rows 1 as $$
    select card.number from cards_card card
    where card.number = p_number and card.expires_at <= p_at and card.state in ('provisional', 'active')
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("cards", "0002_over_by_time")]
    operations = [migrations.RunSQL(READ, "drop function cards_that_are_over(text, timestamptz)")]
