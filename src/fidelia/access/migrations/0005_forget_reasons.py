"""The audit of an erased person keeps what was done, when and by whom, and loses what people wrote beside it.

The application may not change audit rows; this one function may, and only to leave the words out.
"""

from django.db import migrations

FORGET = """
create function access_forget_reasons(p_objects text[]) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    forgotten bigint;
begin
    update public.access_audit set before = before - array['reason', 'note'], after = after - array['reason', 'note']
    where object_id = any (p_objects)
        and (before ?| array['reason', 'note'] or after ?| array['reason', 'note']);
    get diagnostics forgotten = row_count;
    return forgotten;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0004_keep_lists_as_a_person_likes")]
    operations = [migrations.RunSQL(FORGET, "drop function access_forget_reasons(text[])")]
