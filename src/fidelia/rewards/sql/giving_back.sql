-- Give back what a purchase took: all of it when it is cancelled, a part when a part is returned; never more than it took,
-- and into the periods in which it was counted.
create or replace function rewards_give_back(p jsonb) returns void
language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
    purchase uuid := p->>'purchase_id';
    programme uuid;
    whole boolean := coalesce((p->>'whole')::boolean, false);
    back rewards_item[];
    lost record;
begin
    -- Two returns of one purchase, of which neither counts anything, would have no row to meet at.
    perform pg_advisory_xact_lock(hashtextextended('rewards ' || purchase, 0));
    select one.programme_id into programme from rewards_use one where one.purchase_id = purchase limit 1;
    if not whole then
        select asked.kind, asked.item, asked.amount, coalesce(used.amount, 0) as used into lost
            from rewards_asked_back(p) asked
            left join rewards_used_by(purchase) used on used.subject = asked.subject
                and (asked.scope_id is null or asked.scope_id = used.scope_id)
            where asked.amount <= 0 or asked.amount > coalesce(used.amount, 0)
            order by asked.subject limit 1;
        if found then
            perform rewards_refuse('more_than_used', jsonb_build_object(
                'kind', lost.kind, 'id', lost.item, 'asked', lost.amount, 'used', lost.used));
        end if;
    end if;
    back := array(
        select row(rewards_rank(used.subject), used.subject, used.scope_id, used.starts_on,
            -case when whole then used.amount else asked.amount end, case when used.is_counted then 0 end,
            null, null)::rewards_item
        from rewards_used_by(purchase) used
        left join rewards_asked_back(p) asked on not whole and asked.subject = used.subject
            and (asked.scope_id is null or asked.scope_id = used.scope_id)
        where whole or asked.amount is not null
        order by 1, used.subject, used.scope_id);
    if whole then
        perform rewards_withdraw_issued(purchase, (p->>'now')::timestamptz);
    end if;
    perform rewards_untake(programme, array(select one from unnest(back) one where one.rank < 3));
    perform rewards_refill_cards(p, whole);
    perform rewards_untake(programme, array(select one from unnest(back) one where one.rank > 3));
    insert into rewards_use (purchase_id, programme_id, scope_id, subject, starts_on, amount, is_counted, customer_id,
            store_id, occurred_at, recorded_at)
        select purchase, programme, item.scope_id, item.subject, item.starts_on, item.amount, item.capacity is not null,
            taken.customer_id, taken.store_id, (p->>'at')::timestamptz, (p->>'now')::timestamptz
        from unnest(back) item
        cross join lateral (select one.customer_id, one.store_id from rewards_use one
            where one.purchase_id = purchase order by one.id limit 1) taken;
end $$;

create or replace function rewards_untake(p_programme uuid, p_items rewards_item[]) returns void language plpgsql as $$
begin
    perform from unnest(p_items) item
        join rewards_counter counter on counter.programme_id = p_programme and counter.scope_id = item.scope_id
            and counter.subject = item.subject and counter.starts_on = item.starts_on
        order by item.rank, item.subject, item.scope_id, item.starts_on for no key update of counter;
    update rewards_counter counter set taken = counter.taken + item.amount from unnest(p_items) item
        where counter.programme_id = p_programme and counter.scope_id = item.scope_id
            and counter.subject = item.subject and counter.starts_on = item.starts_on and item.capacity is not null;
end $$;

-- What a purchase has taken and not given back, by counter.
create or replace function rewards_used_by(p_purchase uuid)
returns table (subject varchar, scope_id uuid, starts_on date, is_counted boolean, amount bigint)
language plpgsql stable as $$
begin
    return query select one.subject, one.scope_id, one.starts_on, bool_or(one.is_counted), sum(one.amount)::bigint
        from rewards_use one where one.purchase_id = p_purchase
        group by one.subject, one.scope_id, one.starts_on having sum(one.amount) > 0;
end $$;

-- The counters that a part asks back of; `scope_id` null: whichever the purchase used.
create or replace function rewards_asked_back(p jsonb)
returns table (subject text, scope_id uuid, amount bigint, kind text, item text) language plpgsql stable as $$
begin
    return query
        select 'coupon:' || (one->>'id'), rewards_anybody(), 1::bigint, 'coupon', one->>'id'
        from jsonb_array_elements(coalesce(p->'coupons', '[]')) one
        union all -- its series, where it was counted
        select used.subject, used.scope_id, count(*), 'coupon', min(one->>'id')
        from jsonb_array_elements(coalesce(p->'coupons', '[]')) one
        join rewards_coupon_code code on code.id = (one->>'id')::bigint
        join rewards_used_by((p->>'purchase_id')::uuid) used on used.subject = 'series:' || code.series_id
        group by used.subject, used.scope_id
        union all
        select 'voucher:' || (one->>'id'), rewards_anybody(), case when voucher.is_divisible
            then (one->>'amount')::bigint else voucher.amount end, 'voucher', one->>'id'
        from jsonb_array_elements(coalesce(p->'vouchers', '[]')) one
        join rewards_voucher voucher on voucher.id = (one->>'id')::uuid
        union all
        select 'stock:' || (one->>'id'), rewards_anybody(), (one->>'pieces')::bigint, 'stock', one->>'id'
        from jsonb_array_elements(coalesce(p->'stock', '[]')) one
        union all
        select 'limit:' || (one->>'subject'), null, (one->>'amount')::bigint, 'limit', one->>'subject'
        from jsonb_array_elements(coalesce(p->'limits', '[]')) one where (one->>'amount')::bigint > 0;
end $$;

create or replace function rewards_rank(p_subject text) returns smallint language sql immutable parallel safe as $$
    select case split_part(p_subject, ':', 1)
        when 'coupon' then 1 when 'series' then 1 when 'voucher' then 2 when 'stock' then 4 else 5 end::smallint
$$;
