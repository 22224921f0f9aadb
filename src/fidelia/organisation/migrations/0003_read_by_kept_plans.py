"""A store is found by PL/pgSQL, which keeps its plan; an SQL function was planned at each call."""

from django.db import migrations

READ = """
create or replace function organisation_store_for_rules(p_store text) returns jsonb
language plpgsql stable parallel safe as $$
declare
    found jsonb[] := array(
        select jsonb_build_object(
            'id', store.id, 'code', store.code, 'banner', banner.code, 'partner_id', store.partner_id,
            'channel', store.channel)
        from organisation_store store join organisation_banner banner on banner.id = store.banner_id
        where store.code = p_store or banner.code || '/' || store.code = p_store
        limit 2);
begin
    return case when cardinality(found) = 1 then found[1] end;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("organisation", "0002_read_for_rules")]
    operations = [migrations.RunSQL(READ, migrations.RunSQL.noop)]
