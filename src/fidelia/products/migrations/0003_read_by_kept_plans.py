"""What rules read of products is read by PL/pgSQL, which keeps its plan; an SQL function was planned at each call."""

from django.db import migrations

READ = """
create or replace function products_for_rules(p_codes text[]) returns jsonb
language plpgsql stable parallel safe as $$
begin
    return (
        select coalesce(jsonb_object_agg(product.code, jsonb_build_object(
            'id', product.id, 'name', product.name, 'category', product.category, 'brand', product.brand,
            'is_product', product.is_product, 'earns', product.earns)), '{}')
        from products_product product where product.code = any (p_codes));
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("products", "0002_read_for_rules")]
    operations = [migrations.RunSQL(READ, migrations.RunSQL.noop)]
