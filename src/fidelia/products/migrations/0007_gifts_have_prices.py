"""What rules may add as a gift has a price: what it was sold for at the moment, else the first that is known of it."""

from django.db import migrations

READ = """
-- As products_for_rules, each with its price (null: none is known) and the currency of it.
create function products_as_gifts(p_codes text[], p_at timestamptz) returns jsonb
language plpgsql stable parallel safe as $$
begin
    return (
        select coalesce(jsonb_object_agg(product.code, jsonb_build_object(
            'id', product.id, 'name', product.name, 'category', product.category, 'brand', product.brand,
            'is_product', product.is_product, 'earns', product.earns,
            'price', priced.price, 'price_currency', priced.currency)), '{}')
        from products_product product
        left join lateral (
            select known.price, known.currency from products_price known where known.product_id = product.id
            order by known.valid_from <= p_at desc,
                case when known.valid_from <= p_at then known.valid_from end desc, known.valid_from
            limit 1) priced on true
        where product.code = any (p_codes));
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("products", "0006_read_in_sets")]
    operations = [migrations.RunSQL(READ, "drop function products_as_gifts(text[], timestamptz)")]
