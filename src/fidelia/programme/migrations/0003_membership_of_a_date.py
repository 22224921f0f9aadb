"""A late purchase reads the membership in force at its own date; the one in force now, where there was none then."""

from django.db import migrations, models

READ = """
drop function programme_member_for_rules(uuid, uuid);

create function programme_member_for_rules(p_programme uuid, p_customer uuid, p_at timestamptz) returns jsonb
language sql stable parallel safe as $$
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
    order by found.in_force desc, found.ended_at desc nulls first, found.enrolled_at desc limit 1
$$;
"""
BACK = """
drop function programme_member_for_rules(uuid, uuid, timestamptz);

create function programme_member_for_rules(p_programme uuid, p_customer uuid) returns jsonb
language sql stable parallel safe as $$
    select jsonb_build_object(
        'enrolment_id', enrolment.id, 'account_id', enrolment.account_id, 'enrolled_at', enrolment.enrolled_at)
    from programme_enrolment enrolment
    where enrolment.programme_id = p_programme and enrolment.customer_id = p_customer and enrolment.ended_at is null
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("programme", "0002_read_for_rules")]
    operations = [
        migrations.AddIndex(
            model_name="enrolment",
            index=models.Index(
                fields=["customer_id", "programme"],
                name="memberships_that_ended",
                condition=models.Q(ended_at__isnull=False),
            ),
        ),
        migrations.RunSQL(READ, BACK),
    ]
