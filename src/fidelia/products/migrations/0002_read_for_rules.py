"""One function that reads what rules may ask of products, for the one statement that a checkout can afford."""

from django.db import migrations

READ = """
create function products_for_rules(p_codes text[]) returns jsonb
language sql stable parallel safe as $$
    select coalesce(jsonb_object_agg(product.code, jsonb_build_object(
        'id', product.id, 'name', product.name, 'category', product.category, 'brand', product.brand,
        'is_product', product.is_product, 'earns', product.earns)), '{}')
    from products_product product where product.code = any(p_codes)
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("products", "0001_initial"), ("kernel", "0001_roles")]
    operations = [migrations.RunSQL(READ, "drop function products_for_rules;")]
