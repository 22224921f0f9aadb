"""Functions that read what a decision needs of a programme, for the one statement that a checkout can afford."""

from django.db import migrations

READ = """
create function programme_for_rules(p_slug text, p_sandbox boolean) returns jsonb
language sql stable parallel safe as $$
    select case when count(*) = 1 then (jsonb_agg(to_jsonb(found)))->0 else jsonb_build_object('count', count(*)) end
    from (
        select programme.id, programme.slug, programme.currency, programme.time_zone, programme.partner_id,
               points.code as points_code, points.scale as points_scale, points.may_go_negative
        from programme_programme programme
        join programme_pointscurrency points on points.code = programme.points_currency_id
        where programme.is_sandbox = p_sandbox and (p_slug is null or programme.slug = p_slug)
        limit 2
    ) found
$$;

create function programme_version_for_rules(p_programme uuid, p_at timestamptz) returns uuid
language sql stable parallel safe as $$
    select version.id from programme_programmeversion version
    where version.programme_id = p_programme and version.in_force_from <= p_at
      and (version.withdrawn_at is null or version.withdrawn_at > p_at)
    order by version.in_force_from desc, version.number desc limit 1
$$;

create function programme_member_for_rules(p_programme uuid, p_customer uuid) returns jsonb
language sql stable parallel safe as $$
    select jsonb_build_object(
        'enrolment_id', enrolment.id, 'account_id', enrolment.account_id, 'enrolled_at', enrolment.enrolled_at)
    from programme_enrolment enrolment
    where enrolment.programme_id = p_programme and enrolment.customer_id = p_customer and enrolment.ended_at is null
$$;

create function programme_tier_for_rules(p_enrolment uuid, p_at timestamptz) returns text
language sql stable parallel safe as $$
    select period.tier from programme_tierperiod period
    where period.enrolment_id = p_enrolment and period.superseded_at is null
      and period.valid_from <= p_at and (period.valid_until is null or period.valid_until > p_at)
    order by period.valid_from desc limit 1
$$;
"""
DROP = """
drop function programme_for_rules; drop function programme_version_for_rules;
drop function programme_member_for_rules; drop function programme_tier_for_rules;
"""


class Migration(migrations.Migration):
    dependencies = [("programme", "0001_initial"), ("kernel", "0001_roles")]
    operations = [migrations.RunSQL(READ, DROP)]
