-- What a person bought before, for the measures that rules ask about it (fidelia.rules.history says the same in Python).
--
-- Signed rows: what was bought, and under the same sale and line what came back of it. `since`: no sale before it is
-- read. A return without its purchase stands for itself. What was bought in another programme, or currency, is left out.
create or replace function activity_bought(
    p_ids uuid[], p_programme uuid, p_currency text, p_since timestamptz, p_until timestamptz, p_zone text
) returns table (
    customer_id uuid, sale uuid, line smallint, occurred_at timestamptz, known_at timestamptz, day date, product text,
    store_id uuid, channel text, quantity bigint, net bigint
) language sql stable parallel safe set plan_cache_mode = force_generic_plan as $$
    with sale as materialized (
        select bought.purchase_id, bought.customer_id, bought.occurred_at, bought.store_id, bought.channel
        from activity_purchase bought
        where bought.customer_id = any (p_ids) and (bought.kind = 'sale' or bought.returns_purchase_id is null)
            and bought.occurred_at < p_until and bought.occurred_at >= p_since and bought.currency = p_currency
            and (bought.programme_id = p_programme or bought.programme_id is null)
        union all
        select bought.purchase_id, claim.customer_id, bought.occurred_at, bought.store_id, bought.channel
        from activity_claim claim join activity_purchase bought on bought.purchase_id = claim.purchase_id
        where claim.customer_id = any (p_ids) and bought.kind = 'sale' and bought.customer_id is null
            and bought.occurred_at < p_until and bought.occurred_at >= p_since and bought.currency = p_currency
            and (bought.programme_id = p_programme or bought.programme_id is null)
    )
    select sale.customer_id, sale.purchase_id, line.line_number, sale.occurred_at, sale.occurred_at,
        (sale.occurred_at at time zone p_zone)::date, line.product_code, sale.store_id, sale.channel, line.quantity,
        line.net
    from sale join activity_line line on line.purchase_id = sale.purchase_id
    where line.is_product and line.returns_purchase_id is null
    union all
    select sale.customer_id, sale.purchase_id, back.returns_line_number, sale.occurred_at, came_back.occurred_at,
        (sale.occurred_at at time zone p_zone)::date, back.product_code, sale.store_id, sale.channel, back.quantity,
        back.net
    from sale
    join activity_line back on back.returns_purchase_id = sale.purchase_id
    join activity_purchase came_back on came_back.purchase_id = back.purchase_id
    where back.is_product and came_back.occurred_at < p_until
$$;

-- The value of each measure, by its path. p_days: the longest window asked, null for ever.
create or replace function activity_past_for_rules(
    p_customer uuid, p_programme uuid, p_currency text, p_at timestamptz, p_zone text, p_days integer, p_measures jsonb
) returns text language plpgsql stable set plan_cache_mode = force_generic_plan as $$
declare
    today date := (p_at at time zone p_zone)::date;
    since timestamptz := coalesce((today - p_days)::timestamp at time zone p_zone, '-infinity');
    found text;
begin
    with bought as materialized (
        select * from activity_bought(
            customers_ids_for_rules(p_customer), p_programme, p_currency, since, p_at, p_zone)
    ), known as materialized (
        select case when p_measures @? '$[*] ? (@.of == "category" || @.of == "brand")' then
            products_for_rules(array(select distinct bought.product from bought)) else '{}' end as products
    ), seen as materialized (
        select bought.*, coalesce(known.products->bought.product->>'category', '') as category,
            coalesce(known.products->bought.product->>'brand', '') as brand
        from bought cross join known
    )
    select json_object_agg(asked.path, value.of) into found
    from jsonb_to_recordset(p_measures) asked (path text, kind text, days integer, of text, name text)
    cross join lateral (
        select case when asked.of = 'store' then (organisation_store_for_rules(asked.name)->>'id')::uuid end as store_id
    ) named
    cross join lateral (
        with counted as (
            select seen.* from seen
            where (asked.days is null or today - seen.day <= asked.days) and case asked.of
                when '' then true
                when 'product' then seen.product = asked.name
                when 'category' then seen.category = asked.name or starts_with(seen.category, asked.name || '/')
                when 'brand' then seen.brand = asked.name
                when 'store' then seen.store_id = named.store_id
                else seen.channel = asked.name end
        ), kept as (
            select counted.sale, max(counted.day) as day from counted group by counted.sale, counted.line
            having sum(counted.quantity) > 0 and (sum(counted.net) > 0 or max(counted.net) <= 0)
        )
        select case asked.kind
            when 'spent' then (select coalesce(sum(counted.net), 0)::bigint from counted)
            when 'units' then (select coalesce(sum(counted.quantity), 0)::bigint from counted)
            when 'purchases' then (select count(distinct kept.sale) from kept)
            else (select today - max(kept.day) from kept) end as of
    ) value;
    return coalesce(found, '{}');
end $$;
