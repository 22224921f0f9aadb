"""Customers carry the transaction that changed them last: a copy that others keep skips none of them."""

from django.db import migrations

ADD = """
alter table customers_customer add column changed_xid xid8 not null default pg_current_xact_id();
create index customers_in_the_order_of_commits on customers_customer (changed_xid);
create trigger customers_mark_change before update on customers_customer
    for each row execute function kernel_mark_change();
"""
DROP = """
drop trigger customers_mark_change on customers_customer;
alter table customers_customer drop column changed_xid;
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0005_keep_the_plan_of_the_read"), ("kernel", "0006_change_marks")]
    operations = [migrations.RunSQL(ADD, DROP)]
