"""One function that reads what rules may ask of a customer, for the one statement that a checkout can afford."""

from django.db import migrations

READ = """
create function customers_for_rules(p_customer uuid, p_at timestamptz) returns jsonb
language sql stable parallel safe as $$
    select jsonb_build_object(
        'kind', customer.kind,
        'country', customer.country,
        'language', customer.language,
        'birth_on', customer.birth_on,
        'source', customer.source,
        'segments', coalesce((
            select jsonb_agg(segment.key order by segment.key)
            from customers_segment_membership membership
            join customers_segment segment on segment.id = membership.segment_id
            where membership.customer_id = customer.id
              and membership.valid_from <= p_at and (membership.valid_until is null or membership.valid_until > p_at)
        ), '[]'),
        'traits', coalesce((
            select jsonb_object_agg(trait.name, coalesce(
                to_jsonb(trait.number), to_jsonb(trait.text), to_jsonb(trait.flag), to_jsonb(trait.day)))
            from customers_trait trait
            where trait.customer_id = customer.id
              and trait.valid_from <= p_at and (trait.valid_until is null or trait.valid_until > p_at)
        ), '{}')
    )
    from customers_customer customer where customer.id = p_customer
$$;

create function customers_find_for_rules(p_scheme text, p_value text) returns uuid
language sql stable parallel safe as $$
    select coalesce(customer.merged_into_id, customer.id)
    from customers_identity identity join customers_customer customer on customer.id = identity.customer_id
    where identity.scheme = p_scheme and identity.value = p_value and identity.until is null
$$;
"""
DROP = "drop function customers_for_rules; drop function customers_find_for_rules;"


class Migration(migrations.Migration):
    dependencies = [("customers", "0002_search_and_privileges"), ("kernel", "0001_roles")]
    operations = [migrations.RunSQL(READ, DROP)]
