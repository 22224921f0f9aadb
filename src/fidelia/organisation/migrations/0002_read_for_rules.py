"""One function that finds a store for a purchase, for the one statement that a checkout can afford."""

from django.db import migrations

READ = """
create function organisation_store_for_rules(p_store text) returns jsonb
language sql stable parallel safe as $$
    select case when count(*) = 1 then (jsonb_agg(to_jsonb(found)))->0 else null end
    from (
        select store.id, store.code, banner.code as banner, store.partner_id, store.channel
        from organisation_store store join organisation_banner banner on banner.id = store.banner_id
        where store.code = p_store or banner.code || '/' || store.code = p_store
        limit 2
    ) found
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("organisation", "0001_initial"), ("kernel", "0001_roles")]
    operations = [migrations.RunSQL(READ, "drop function organisation_store_for_rules;")]
