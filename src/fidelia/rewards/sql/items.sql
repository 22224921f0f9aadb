-- What a request asks of coupons, vouchers and stock, as the counters that bound it, in the order in which they are taken.
-- A coupon is bound by its code, its series, and its series for the member; without a limit its code alone is told.
create or replace function rewards_items(p jsonb) returns rewards_item[] language plpgsql stable as $$
declare
    programme uuid := p->>'programme_id';
    customer uuid := p->>'customer_id';
begin
    return array(
        select row(one.rank, one.subject, one.scope_id, rewards_no_period(), sum(one.amount)::bigint, min(one.capacity),
                min(one.kind), min(one.item))::rewards_item
        from (
            select bound.rank, bound.subject, bound.scope_id, 1::bigint as amount, bound.capacity,
                'coupon' as kind, coupon.id::text as item
            from (select distinct (asked->>'id')::bigint as id
                from jsonb_array_elements(coalesce(p->'coupons', '[]')) asked) wanted
            join rewards_coupon_code coupon on coupon.id = wanted.id
            join rewards_coupon_series series on series.id = coupon.series_id
            cross join lateral (values
                (1::smallint, 'coupon:' || coupon.id, rewards_anybody(), series.uses_per_code, true),
                (1::smallint, 'series:' || series.id, rewards_anybody(), series.uses, series.uses is not null),
                (1::smallint, 'series:' || series.id, customer, series.uses_per_member,
                    series.uses_per_member is not null)
            ) bound (rank, subject, scope_id, capacity, is_asked)
            where bound.is_asked and bound.scope_id is not null
            union all
            select 2, 'voucher:' || voucher.id, rewards_anybody(),
                case when voucher.is_divisible then (asked->>'amount')::bigint else voucher.amount end,
                case when voucher.revoked_at is null then voucher.amount else 0 end,
                'voucher', voucher.id::text
            from jsonb_array_elements(coalesce(p->'vouchers', '[]')) asked
            join rewards_voucher voucher on voucher.id = (asked->>'id')::uuid
            union all
            select 4, 'stock:' || stock.id, rewards_anybody(), (asked->>'pieces')::bigint, stock.pieces,
                'stock', stock.id::text
            from jsonb_array_elements(coalesce(p->'stock', '[]')) asked
            join rewards_stock stock on stock.id = (asked->>'id')::uuid
        ) one
        group by one.rank, one.subject, one.scope_id
        order by one.rank, one.subject, one.scope_id);
end $$;

-- Refuse what may not be used at all, whatever is left of it: unknown, of another programme, out of its time, of another
-- member. What the checkout holds reserved was valid when it did, and stays so until the reservation expires.
create or replace function rewards_check(p jsonb) returns void language plpgsql stable as $$
declare
    programme uuid := p->>'programme_id';
    customer uuid := p->>'customer_id';
    lost record;
begin
    select judged.kind, judged.id, judged.state into lost
        from (
            select 1 as rank, 'coupon' as kind, asked->>'id' as id, place, 'coupon:' || coupon.id as subject,
                rewards_coupon_state(coupon, series, customer, (p->>'at')::timestamptz) as state
            from jsonb_array_elements(coalesce(p->'coupons', '[]')) with ordinality wanted (asked, place)
            left join rewards_coupon_code coupon on coupon.id = (asked->>'id')::bigint and coupon.programme_id = programme
            left join rewards_coupon_series series on series.id = coupon.series_id
            union all
            select 2, 'voucher', asked->>'id', place, 'voucher:' || voucher.id, case
                when voucher.currency <> p->>'currency' then 'of_another_currency'
                when (asked->>'amount')::bigint <= 0 then 'malformed'
                else rewards_voucher_state(voucher, customer, (p->>'at')::timestamptz) end
            from jsonb_array_elements(coalesce(p->'vouchers', '[]')) with ordinality wanted (asked, place)
            left join rewards_voucher voucher on voucher.id = (asked->>'id')::uuid and voucher.programme_id = programme
            union all
            select 4, 'stock', asked->>'id', place, 'stock:' || stock.id,
                rewards_stock_state(stock, (asked->>'pieces')::bigint, (p->>'at')::timestamptz)
            from jsonb_array_elements(coalesce(p->'stock', '[]')) with ordinality wanted (asked, place)
            left join rewards_stock stock on stock.id = (asked->>'id')::uuid and stock.programme_id = programme
        ) judged
        where judged.state <> 'ok' and (judged.state <> 'expired' or not exists (
            select from rewards_reservation held where held.checkout_id = (p->>'checkout_id')::uuid
                and held.scope_id = rewards_anybody() and held.subject = judged.subject
                and held.expires_at > (p->>'now')::timestamptz))
        order by judged.rank, judged.place limit 1;
    if found then
        perform rewards_refuse(
            lost.kind || '_' || lost.state, jsonb_build_object('kind', lost.kind, 'id', lost.id));
    end if;
end $$;
