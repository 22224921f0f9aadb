"""The horizon looks again where a transaction ended while it was looked for, so that it never falls back."""

from django.db import migrations

# A transaction of another database that ends between the snapshot and the look at the locks is held by nobody; counted
# as ours it would pull the horizon back below what was given out before. So then all is asked anew: the next snapshot
# does not hold it. The same goes for one that has its id and not yet its lock. What still has no holder after so many
# looks counts as ours, as in a transaction whose snapshot stays the same. A prepared transaction is held by no backend
# (its pid is null) and counts as ours at once. Why a single look is sound: see 0005.
HORIZON = """
create or replace function kernel_horizon() returns xid8 language plpgsql as $$
declare
    seen pg_snapshot;
    elsewhere integer[];
    running xid8;
    is_known boolean;
begin
    for look in 1..10 loop
        seen := pg_current_snapshot();
        running := null;
        exit when pg_snapshot_xmin(seen) = pg_snapshot_xmax(seen);
        perform pg_stat_clear_snapshot();
        select coalesce(array_agg(pid), '{}') into elsewhere from pg_stat_activity
            where datid <> (select oid from pg_database where datname = current_database());
        select min(candidate) filter (where held.pid is null or held.pid <> all(elsewhere)),
               coalesce(bool_and(held.transactionid is not null), true)
            into running, is_known
            from pg_snapshot_xip(seen) candidate
            left join pg_locks held on held.locktype = 'transactionid' and held.mode = 'ExclusiveLock'
                and held.granted and held.transactionid = candidate::xid;
        exit when is_known;
    end loop;
    return least(running, pg_current_xact_id_if_assigned(), pg_snapshot_xmax(seen));
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0007_read_the_outbox_by_key")]
    operations = [migrations.RunSQL(HORIZON, migrations.RunSQL.noop)]
