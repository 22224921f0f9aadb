"""A card whose time is over names nobody at a till, from that instant on: not only once a job has written it down."""

from django.db import migrations

OVER = """
create function cards_over(p_number text, p_at timestamptz) returns boolean
language plpgsql stable as $$
begin
    return exists (
        select from cards_card card
        where card.number = p_number and card.expires_at <= p_at and card.state in ('provisional', 'active'));
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("cards", "0001_initial")]
    operations = [migrations.RunSQL(OVER, "drop function cards_over(text, timestamptz)")]
