"""The horizon of this database: below it every transaction that could have announced something has ended."""

from django.db import migrations

# pg_snapshot_xmin is the horizon of the whole cluster: a night-long load into somebody else's database would hold up
# every event here. So of the transactions that run, those of backends in other databases are left out.
#
# Why that is sound: the snapshot comes first, then who is where, then who holds which transaction id. An id of the
# snapshot has had the same backend since before we asked who is where, so that answer is about the right backend. An
# id that nobody holds any more, or a prepared transaction, counts as ours. And whoever reads after this has ended sees
# all that was committed below the horizon, so one horizon serves many later statements.
HORIZON = """
create function kernel_horizon() returns xid8 language plpgsql as $$
declare
    seen pg_snapshot := pg_current_snapshot();
    elsewhere integer[];
    running xid8;
begin
    if pg_snapshot_xmin(seen) < pg_snapshot_xmax(seen) then
        perform pg_stat_clear_snapshot();
        select array_agg(pid) into elsewhere from pg_stat_activity
            where datid <> (select oid from pg_database where datname = current_database());
        select min(candidate) into running from pg_snapshot_xip(seen) candidate
            where not exists (
                select from pg_locks held
                where held.locktype = 'transactionid' and held.mode = 'ExclusiveLock' and held.granted
                  and held.transactionid = candidate::xid and held.pid = any(elsewhere));
    end if;
    return least(running, pg_current_xact_id_if_assigned(), pg_snapshot_xmax(seen));
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0004_dispatching")]
    operations = [migrations.RunSQL(HORIZON, "drop function kernel_horizon")]
