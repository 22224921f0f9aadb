"""What rules read of stores, for several purchases by one statement, which takes this in (customers 0015)."""

from django.db import migrations

READ = """
-- As organisation_store_for_rules; no row where there is no such store, or more than one.
create function organisation_store_told_for_rules(p_store text) returns table (told jsonb)
language sql stable rows 1 as $$
    select (array_agg(found.told))[1]
    from (
        select jsonb_build_object(
            'id', store.id, 'code', store.code, 'banner', banner.code, 'partner_id', store.partner_id,
            'channel', store.channel) as told
        from organisation_store store join organisation_banner banner on banner.id = store.banner_id
        where store.code = p_store or banner.code || '/' || store.code = p_store
        limit 2) found
    having count(*) = 1
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("organisation", "0009_logo_on_dark_grounds")]
    operations = [migrations.RunSQL(READ, "drop function organisation_store_told_for_rules(text)")]
