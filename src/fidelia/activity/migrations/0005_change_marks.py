"""Purchases carry the transaction that recorded them: a copy that others keep skips none of them."""

from django.db import migrations

ADD = """
alter table activity_purchase add column changed_xid xid8 not null default pg_current_xact_id();
create index purchases_in_the_order_of_commits on activity_purchase (changed_xid);
"""
DROP = "alter table activity_purchase drop column changed_xid;"


class Migration(migrations.Migration):
    dependencies = [("activity", "0004_begin_by_kept_plans"), ("kernel", "0006_change_marks")]
    operations = [migrations.RunSQL(ADD, DROP)]
