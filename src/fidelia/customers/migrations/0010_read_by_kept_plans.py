"""What rules read of a customer is found once: the ids of a person are looked up for a decision, and handed on.

Most people were never merged; two looks at the index say so, where the recursive question of customers_ids_of costs
four times as much, and it was asked three times in one purchase.
"""

from django.db import migrations

READ = """
-- Every id under which a person's rows are kept, the survivor of merges first; none of nobody.
create function customers_ids_for_rules(p_customer uuid) returns uuid[]
language plpgsql stable as $$
begin
    if exists (select from customers_customer c where c.id = p_customer and c.merged_into_id is null)
        and not exists (select from customers_customer c where c.merged_into_id = p_customer)
    then
        return array[p_customer];
    end if;
    return array(select person.id from customers_ids_of(p_customer) person order by person.rank);
end $$;

-- The customer that an identity, already normalised, is kept for; merged or not; null if nobody.
create function customers_identified_for_rules(p_scheme text, p_value text) returns uuid
language plpgsql stable as $$
begin
    return (
        select i.customer_id from customers_identity i
        where i.scheme = p_scheme and i.value = p_value and i.until is null);
end $$;

-- The facts, traits and segments that hold at a moment, of the person with these ids.
create function customers_facts_for_rules(p_ids uuid[], p_at timestamptz) returns jsonb
language plpgsql stable set plan_cache_mode = force_generic_plan as $$
begin
    return (
        select jsonb_build_object(
            'id', c.id, 'kind', c.kind, 'country', c.country, 'language', c.language, 'source', c.source,
            'acquired_at', c.acquired_at, 'birth_on', c.birth_on,
            'traits', coalesce((
                select jsonb_object_agg(held.name, held.value)
                from (
                    select distinct on (t.name) t.name,
                        case
                            when t.number is not null then to_jsonb(t.number)
                            when t.flag is not null then to_jsonb(t.flag)
                            when t.day is not null then to_jsonb(t.day)
                            else to_jsonb(t.text)
                        end as value
                    from customers_trait t
                    where t.customer_id = any (p_ids)
                        and t.valid_from <= p_at and (t.valid_until is null or t.valid_until > p_at)
                    order by t.name, array_position(p_ids, t.customer_id)
                ) held), '{}'),
            'trait_types', coalesce((select jsonb_object_agg(d.name, d.type) from customers_trait_definition d), '{}'),
            'segments', coalesce((
                select jsonb_agg(distinct s.key order by s.key)
                from customers_segment_membership m join customers_segment s on s.id = m.segment_id
                where m.customer_id = any (p_ids)
                    and m.valid_from <= p_at and (m.valid_until is null or m.valid_until > p_at)), '[]'))
        from customers_customer c where c.id = p_ids[1]);
end $$;

create or replace function customers_for_rules(p_customer uuid, p_at timestamptz) returns jsonb
language plpgsql stable set plan_cache_mode = auto as $$
begin
    return customers_facts_for_rules(customers_ids_for_rules(p_customer), p_at);
end $$;
"""
DROP = """
drop function customers_facts_for_rules(uuid[], timestamptz);
drop function customers_identified_for_rules(text, text);
drop function customers_ids_for_rules(uuid);
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0009_sizes_of_segments")]
    operations = [migrations.RunSQL(READ, DROP)]
