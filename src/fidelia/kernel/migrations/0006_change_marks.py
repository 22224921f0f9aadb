"""Change marks: how far a copy of a table has come, in the order of commits, and what a restore does to them."""

from django.db import migrations

# Rows that others copy carry `changed_xid`, the transaction that wrote them last. A mark is a horizon: what is below
# it had been committed when the mark was given, what is not comes with the next one. Nothing is skipped, however late
# a transaction ends. A dump brings ids of another cluster: they become 0, below every horizon, and marks of before are
# of another epoch, which is refused rather than answered with gaps.
MARKS = """
create table kernel_restore (restored_at timestamptz primary key default clock_timestamp());
revoke insert, update, delete on kernel_restore from fidelia_app;

create function kernel_restored() returns void language plpgsql as $$
declare
    marked record;
begin
    perform kernel_outbox_restored();
    insert into kernel_restore default values;
    for marked in
        select c.table_name from information_schema.columns c
        where c.table_schema = 'public' and c.column_name = 'changed_xid' and c.udt_name = 'xid8'
    loop
        execute format('update %I set changed_xid = %L where changed_xid > %L', marked.table_name, '0', '0');
    end loop;
end $$;
revoke execute on function kernel_restored from public, fidelia_app;

create function kernel_mark_change() returns trigger language plpgsql as $$
begin
    new.changed_xid := pg_current_xact_id();
    return new;
end $$;
"""
DROP = "drop function kernel_mark_change; drop function kernel_restored; drop table kernel_restore;"


class Migration(migrations.Migration):
    dependencies = [("kernel", "0005_horizon")]
    operations = [migrations.RunSQL(MARKS, DROP)]
