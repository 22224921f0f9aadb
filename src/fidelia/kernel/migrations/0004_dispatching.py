"""What the dispatcher needs besides the outbox: epochs, what a reaction waits for, and the only way to delete."""

from django.db import migrations, models

# A dump restored into another cluster brings rows whose xid means nothing there: they may lie above its counter, and
# would wait for ever, while new rows lie below a cursor, and would be skipped for ever. So rows and cursors carry an
# epoch: this cluster's is 0, and `kernel_outbox_restored` moves what came with the dump into the past.
EPOCHS = """
alter table kernel_outbox add column epoch smallint not null default 0;
drop index outbox_in_the_order_of_dispatch;
create index outbox_in_the_order_of_dispatch on kernel_outbox (epoch, xid, event_id);
alter table kernel_outbox_cursor
    add column epoch smallint not null default 0,
    add column waiting_since timestamptz,
    add column waiting_for text not null default '';

create function kernel_outbox_restored() returns void language sql as $$
    update kernel_outbox set epoch = epoch - 1;
    update kernel_outbox_cursor set epoch = epoch - 1;
$$;
revoke execute on function kernel_outbox_restored from public, fidelia_app;
"""
DROP_EPOCHS = """
drop function kernel_outbox_restored;
alter table kernel_outbox_cursor drop column waiting_for, drop column waiting_since, drop column epoch;
alter table kernel_outbox drop column epoch;
create index outbox_in_the_order_of_dispatch on kernel_outbox (xid, event_id);
"""

# The application may not delete events. This function of the owner may, and it does not trust its caller's clock:
# 30 days by the database's, never past the slowest of the reactions named, never what is parked. A reaction without a
# cursor has seen nothing, so nothing goes.
PURGE = """
create function kernel_purge_outbox(p_reactions text[], p_limit integer) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    slowest public.kernel_outbox_cursor;
    purged bigint;
begin
    if (select count(*) from public.kernel_outbox_cursor where reaction = any(p_reactions))
            < cardinality(p_reactions) then
        return 0;
    end if;
    select * into slowest from public.kernel_outbox_cursor where reaction = any(p_reactions)
        order by epoch, xid, event_id limit 1;
    delete from public.kernel_outbox where event_id in (
        select old.event_id from public.kernel_outbox old
        where old.recorded_at < now() - interval '30 days'
          and (cardinality(p_reactions) = 0
               or (old.epoch, old.xid, old.event_id) <= (slowest.epoch, slowest.xid, slowest.event_id))
          and not exists (
              select from public.kernel_parked_event parked
              where parked.event_id = old.event_id and parked.resolved_at is null)
        order by old.epoch, old.xid, old.event_id limit p_limit);
    get diagnostics purged = row_count;
    return purged;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0003_request")]
    operations = [
        migrations.RunSQL(
            EPOCHS,
            DROP_EPOCHS,
            state_operations=[
                migrations.AddField("OutboxEvent", "epoch", models.SmallIntegerField(db_default=0, editable=False)),
                migrations.AddField("OutboxCursor", "epoch", models.SmallIntegerField(db_default=0)),
                migrations.AddField("OutboxCursor", "waiting_since", models.DateTimeField(null=True)),
                migrations.AddField("OutboxCursor", "waiting_for", models.TextField(db_default="")),
            ],
        ),
        migrations.AddField("ParkedEvent", "waits_for", models.BigIntegerField(null=True)),
        migrations.AddIndex(
            "ParkedEvent",
            models.Index(
                fields=["event_id"], name="parked_events_to_keep", condition=models.Q(resolved_at__isnull=True)
            ),
        ),
        migrations.RunSQL(PURGE, "drop function kernel_purge_outbox"),
    ]
