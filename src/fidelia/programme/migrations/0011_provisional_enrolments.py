"""Memberships that wait for their person, and whom they followed; checkouts read that they wait."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

READ = """
create or replace function programme_member_for_rules(p_programme uuid, p_customer uuid, p_at timestamptz) returns jsonb
language plpgsql stable parallel safe as $$
declare
    member jsonb := ( -- nearly always this one, and it comes first in the order below
        select jsonb_build_object(
            'enrolment_id', open.id, 'account_id', open.account_id, 'enrolled_at', open.enrolled_at, 'in_force', true,
            'is_provisional', open.is_provisional)
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
            'in_force', found.in_force, 'is_provisional', found.is_provisional)
        from (
            select open.*, open.enrolled_at <= p_at as in_force from programme_enrolment open
            where open.programme_id = p_programme and open.customer_id = p_customer and open.ended_at is null
            union all -- each half has its own index; together they would have none
            select past.*, past.enrolled_at <= p_at from programme_enrolment past
            where past.programme_id = p_programme and past.customer_id = p_customer and past.ended_at > p_at
                and past.followed_by_id is null -- who followed a member counts there, also for what was bought before
        ) found
        order by found.in_force desc, found.ended_at desc nulls first, found.enrolled_at desc limit 1);
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("programme", "0010_points_in_all_their_forms")]
    operations = [
        migrations.AddField(
            model_name="enrolment",
            name="is_provisional",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="enrolment",
            name="followed_by",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="follows",
                to="programme.enrolment",
            ),
        ),
        migrations.AddIndex(
            model_name="enrolment",
            index=models.Index(
                condition=Q(("followed_by__isnull", False)), fields=["followed_by"], name="enrolments_that_followed"
            ),
        ),
        migrations.RunSQL(READ, migrations.RunSQL.noop),
    ]
