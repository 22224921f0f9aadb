"""What rules read of a programme is read by PL/pgSQL, which keeps its plans; SQL functions were planned each time."""

from django.db import migrations

READ = """
create or replace function programme_for_rules(p_slug text, p_sandbox boolean) returns jsonb
language plpgsql stable parallel safe as $$
declare
    found jsonb[] := array(
        select jsonb_build_object(
            'id', programme.id, 'slug', programme.slug, 'currency', programme.currency,
            'time_zone', programme.time_zone, 'partner_id', programme.partner_id, 'points_code', points.code,
            'points_scale', points.scale, 'may_go_negative', points.may_go_negative)
        from programme_programme programme
        join programme_pointscurrency points on points.code = programme.points_currency_id
        where programme.is_sandbox = p_sandbox and (p_slug is null or programme.slug = p_slug)
        limit 2);
begin
    return case when cardinality(found) = 1 then found[1] else jsonb_build_object('count', cardinality(found)) end;
end $$;

create or replace function programme_version_for_rules(p_programme uuid, p_at timestamptz) returns uuid
language plpgsql stable parallel safe as $$
begin
    return (
        select version.id from programme_programmeversion version
        where version.programme_id = p_programme and version.in_force_from <= p_at
            and (version.withdrawn_at is null or version.withdrawn_at > p_at)
        order by version.in_force_from desc, version.number desc limit 1);
end $$;

create or replace function programme_member_for_rules(p_programme uuid, p_customer uuid, p_at timestamptz) returns jsonb
language plpgsql stable parallel safe as $$
declare
    member jsonb := ( -- nearly always this one, and it comes first in the order below
        select jsonb_build_object(
            'enrolment_id', open.id, 'account_id', open.account_id, 'enrolled_at', open.enrolled_at, 'in_force', true)
        from programme_enrolment open
        where open.programme_id = p_programme and open.customer_id = p_customer and open.ended_at is null
            and open.enrolled_at <= p_at);
begin
    if member is not null then
        return member;
    end if;
    return (
        select jsonb_build_object(
            'enrolment_id', found.id, 'account_id', found.account_id, 'enrolled_at', found.enrolled_at,
            'in_force', found.in_force)
        from (
            select open.*, open.enrolled_at <= p_at as in_force from programme_enrolment open
            where open.programme_id = p_programme and open.customer_id = p_customer and open.ended_at is null
            union all -- each half has its own index; together they would have none
            select past.*, past.enrolled_at <= p_at from programme_enrolment past
            where past.programme_id = p_programme and past.customer_id = p_customer and past.ended_at > p_at
        ) found
        order by found.in_force desc, found.ended_at desc nulls first, found.enrolled_at desc limit 1);
end $$;

create or replace function programme_tier_for_rules(p_enrolment uuid, p_at timestamptz) returns text
language plpgsql stable parallel safe as $$
begin
    return (
        select period.tier from programme_tierperiod period
        where period.enrolment_id = p_enrolment and period.superseded_at is null
            and period.valid_from <= p_at and (period.valid_until is null or period.valid_until > p_at)
        order by period.valid_from desc limit 1);
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("programme", "0004_opening_balances")]
    operations = [migrations.RunSQL(READ, migrations.RunSQL.noop)]
