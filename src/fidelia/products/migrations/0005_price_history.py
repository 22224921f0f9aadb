"""Prices are kept as they change, by whichever road: the law asks for the lowest of the last days before a cut."""

import django.db.models.deletion
from django.db import migrations, models


FOLLOW = """
create function products_keep_price() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        if new.price is null then
            return null;
        end if;
    elsif (new.price, new.price_currency) is not distinct from (old.price, old.price_currency) then
        return null;
    end if;
    insert into products_price (product_id, price, currency, valid_from)
        values (new.id, new.price, new.price_currency, new.updated_at)
        on conflict (product_id, valid_from) do update set price = excluded.price, currency = excluded.currency;
    return null;
end $$;
create trigger products_keep_price after insert or update of price, price_currency on products_product
    for each row execute function products_keep_price();
insert into products_price (product_id, price, currency, valid_from)
    select id, price, price_currency, updated_at from products_product where price is not null;
"""
FOLLOW_NOT = "drop trigger products_keep_price on products_product; drop function products_keep_price;"


class Migration(migrations.Migration):

    dependencies = [
        ('products', '0004_costs_margins_stock_prices'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProductPrice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('price', models.BigIntegerField(null=True)),
                ('currency', models.CharField(blank=True, default='', max_length=3)),
                ('valid_from', models.DateTimeField()),
                ('product', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='prices', to='products.product')),
            ],
            options={
                'db_table': 'products_price',
                'constraints': [models.UniqueConstraint(fields=('product', 'valid_from'), name='a product has one price from an instant on')],
            },
        ),
        migrations.RunSQL(FOLLOW, FOLLOW_NOT),
    ]
