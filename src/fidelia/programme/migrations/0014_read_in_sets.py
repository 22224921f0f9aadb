"""What rules read of memberships, for several purchases by one statement, which takes this in (customers 0015)."""

from django.db import migrations

READ = """
-- As programme_for_rules.
create function programme_told_for_rules(p_slug text, p_sandbox boolean) returns table (told jsonb)
language sql stable rows 1 as $$
    select case when count(*) = 1 then (array_agg(found.told))[1] else jsonb_build_object('count', count(*)) end
    from (
        select jsonb_build_object(
            'id', programme.id, 'slug', programme.slug, 'currency', programme.currency,
            'time_zone', programme.time_zone, 'partner_id', programme.partner_id, 'points_code', points.code,
            'points_scale', points.scale, 'may_go_negative', points.may_go_negative) as told
        from programme_programme programme
        join programme_pointscurrency points on points.code = programme.points_currency_id
        where programme.is_sandbox = p_sandbox and (p_slug is null or programme.slug = p_slug)
        limit 2) found
$$;

-- The membership that nearly every purchase counts for; of any other programme_member_for_rules tells more.
create function programme_open_member_for_rules(p_programme uuid, p_customer uuid, p_at timestamptz)
returns table (member jsonb)
language sql stable rows 1 as $$
    select jsonb_build_object(
        'enrolment_id', open.id, 'account_id', open.account_id, 'enrolled_at', open.enrolled_at, 'in_force', true,
        'is_provisional', open.is_provisional)
    from programme_enrolment open
    where open.programme_id = p_programme and open.customer_id = p_customer and open.ended_at is null
        and open.enrolled_at <= p_at
$$;

-- As programme_version_for_rules.
create function programme_version_in_force_for_rules(p_programme uuid, p_at timestamptz) returns table (id uuid)
language sql stable rows 1 as $$
    select version.id from programme_programmeversion version
    where version.programme_id = p_programme and version.in_force_from <= p_at
        and (version.withdrawn_at is null or version.withdrawn_at > p_at)
    order by version.in_force_from desc, version.number desc limit 1
$$;
"""
DROP = """
drop function programme_told_for_rules(text, boolean);
drop function programme_version_in_force_for_rules(uuid, timestamptz);
drop function programme_open_member_for_rules(uuid, uuid, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [("programme", "0013_looks_of_programmes")]
    operations = [migrations.RunSQL(READ, DROP)]
