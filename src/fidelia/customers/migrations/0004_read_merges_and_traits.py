"""What rules read of a customer, whatever ids its rows are kept under, and each defined trait, known or not.

Also the index by which any identity is searched, whatever its scheme.
"""

from django.db import migrations, models

READ = """
-- Every id under which a person's rows are kept: the survivor of merges first (rank 0).
create or replace function customers_ids_of(p_customer uuid) returns table (id uuid, rank bigint)
language sql stable rows 1 as $$
    with recursive upward as (
        select c.id, c.merged_into_id from customers_customer c where c.id = p_customer
        union
        select c.id, c.merged_into_id from upward u join customers_customer c on c.id = u.merged_into_id
    ), person as (
        select u.id, 0 as depth from upward u where u.merged_into_id is null
        union
        select c.id, p.depth + 1 from person p join customers_customer c on c.merged_into_id = p.id
    )
    select person.id, row_number() over (order by depth, person.id) - 1 from person
$$;

-- The customer that an identity, already normalised, names; the survivor if it was merged; null if nobody.
create or replace function customers_find_for_rules(p_scheme text, p_value text) returns uuid
language sql stable as $$
    select person.id
    from customers_identity i, customers_ids_of(i.customer_id) person
    where i.scheme = p_scheme and i.value = p_value and i.until is null and person.rank = 0
$$;

-- The facts, traits and segments that hold at a moment. Each defined trait is there, null where it is not known.
create or replace function customers_for_rules(p_customer uuid, p_at timestamptz) returns jsonb
language plpgsql stable as $$
declare
    ids uuid[] := (select array_agg(person.id order by person.rank) from customers_ids_of(p_customer) person);
begin
    return (
        select jsonb_build_object(
            'id', c.id, 'kind', c.kind, 'country', c.country, 'language', c.language, 'source', c.source,
            'acquired_at', c.acquired_at, 'birth_on', c.birth_on,
            'traits', coalesce((
                select jsonb_object_agg(d.name, (
                    select case
                        when t.number is not null then to_jsonb(t.number)
                        when t.flag is not null then to_jsonb(t.flag)
                        when t.day is not null then to_jsonb(t.day)
                        else to_jsonb(t.text)
                    end
                    from customers_trait t
                    where t.customer_id = any (ids) and t.name = d.name
                        and t.valid_from <= p_at and (t.valid_until is null or t.valid_until > p_at)
                    order by array_position(ids, t.customer_id) limit 1))
                from customers_trait_definition d), '{}'),
            'trait_days', coalesce((
                select jsonb_agg(d.name) from customers_trait_definition d where d.type = 'day'), '[]'),
            'segments', coalesce((
                select jsonb_agg(distinct s.key order by s.key)
                from customers_segment_membership m join customers_segment s on s.id = m.segment_id
                where m.customer_id = any (ids)
                    and m.valid_from <= p_at and (m.valid_until is null or m.valid_until > p_at)), '[]'))
        from customers_customer c where c.id = ids[1]);
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0003_read_for_rules")]
    operations = [
        migrations.RunSQL(READ, "drop function customers_ids_of(uuid);"),
        migrations.AddIndex(model_name="identity", index=models.Index(fields=["value"], name="identities_by_value")),
    ]
