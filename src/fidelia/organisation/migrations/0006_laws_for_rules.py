"""What the law says is read by the one statement that a checkout can afford."""

from django.db import migrations

READ = """
-- The policies in force where the operator is, by kind: the latest that had begun and not ended, unless ignored. Null
-- where there are none.
create function organisation_laws_for_rules(p_at timestamptz) returns jsonb
language plpgsql stable as $$
begin
    return (
        select jsonb_object_agg(latest.kind, jsonb_build_object('action', latest.action, 'terms', latest.terms))
        from (
            select distinct on (policy.kind) policy.kind, policy.action, policy.terms
            from organisation_operator operator
            join organisation_law_policy policy on policy.country = operator.country
                and policy.valid_from <= (p_at at time zone operator.time_zone)::date
                and (policy.valid_until is null
                    or policy.valid_until >= (p_at at time zone operator.time_zone)::date)
            order by policy.kind, policy.valid_from desc
        ) latest
        where latest.action <> 'ignore');
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("organisation", "0005_law_policies")]
    operations = [migrations.RunSQL(READ, "drop function organisation_laws_for_rules(timestamptz)")]
