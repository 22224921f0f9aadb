"""What rules read of products, for several purchases by one statement, which takes this in (customers 0015)."""

from django.db import migrations

READ = """
-- As products_for_rules; null for none.
create function products_told_for_rules(p_codes text[]) returns table (products json)
language sql stable rows 1 as $$
    select json_object_agg(product.code, row_to_json(told))
    from products_product product
    cross join lateral (
        select product.id, product.name, product.category, product.brand, product.is_product, product.earns) told
    where product.code = any (p_codes)
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("products", "0005_price_history")]
    operations = [migrations.RunSQL(READ, "drop function products_told_for_rules(text[])")]
