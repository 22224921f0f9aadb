"""The outbox is read in the order of dispatch by its index, whatever the planner knows of the table."""

from django.db import migrations

READ = """
create function kernel_outbox_after(p_epoch integer, p_xid xid8, p_event_id bigint, p_limit bigint)
returns table (epoch smallint, xid xid8, event_id bigint, name varchar, origin varchar)
language sql stable rows 5000 set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off as $$
    select epoch, xid, event_id, name, origin from kernel_outbox
    where (epoch, xid, event_id) > (p_epoch, p_xid, p_event_id)
    order by epoch, xid, event_id limit p_limit
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0006_change_marks")]
    operations = [migrations.RunSQL(READ, "drop function kernel_outbox_after")]
