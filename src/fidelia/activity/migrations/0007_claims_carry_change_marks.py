"""A claim carries the transaction that recorded it, so that a copy that others keep learns whose the purchase is."""

from django.db import migrations

ADD = """
alter table activity_claim add column changed_xid xid8 not null default pg_current_xact_id();
create index claims_in_the_order_of_commits on activity_claim (changed_xid);
"""
DROP = "alter table activity_claim drop column changed_xid;"


class Migration(migrations.Migration):
    dependencies = [("activity", "0006_claims_and_the_membership_of_the_date"), ("kernel", "0006_change_marks")]
    operations = [migrations.RunSQL(ADD, DROP)]
