-- What a decision needs to know of what is scarce, for the one statement that a checkout can afford.
create or replace function rewards_for_rules(
    p_programme uuid, p_customer uuid, p_store uuid, p_checkout uuid, p_codes text[], p_gift_cards text[],
    p_at timestamptz
) returns jsonb language plpgsql stable set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
begin
    return jsonb_build_object(
        'codes', case when cardinality(p_codes) > 0
            then rewards_codes_for_rules(p_programme, p_customer, p_checkout, p_codes, p_at) else '{}' end,
        'gift_cards', case when cardinality(p_gift_cards) > 0
            then rewards_cards_for_rules(p_programme, p_checkout, p_gift_cards, p_at) else '{}' end,
        'stock', rewards_stock_for_rules(p_programme, p_store, p_checkout, p_at),
        'limits', rewards_limits_for_rules(p_programme, p_customer, p_store, p_at));
end $$;

create or replace function rewards_codes_for_rules(
    p_programme uuid, p_customer uuid, p_checkout uuid, p_codes text[], p_at timestamptz
) returns jsonb language plpgsql stable as $$
begin
    return (
        select jsonb_object_agg(asked.code, case
            when coupon.id is not null then
                rewards_coupon_for_rules(coupon, p_programme, p_customer, p_checkout, p_at)
            when voucher.id is not null then
                rewards_voucher_for_rules(voucher, p_programme, p_customer, p_checkout, p_at)
            else '{"what": "unknown", "state": "unknown"}' end)
        from unnest(p_codes) asked (code)
        left join rewards_coupon_code coupon on coupon.programme_id = p_programme and coupon.code = asked.code
        left join rewards_voucher voucher on voucher.programme_id = p_programme and voucher.code = asked.code);
end $$;

create or replace function rewards_coupon_for_rules(
    p_code rewards_coupon_code, p_programme uuid, p_customer uuid, p_checkout uuid, p_at timestamptz
) returns jsonb language plpgsql stable as $$
declare
    series rewards_coupon_series;
    state text;
    unused bigint; -- by whomever
    free bigint; -- and not reserved by another checkout
begin
    select * into series from rewards_coupon_series one where one.id = p_code.series_id;
    select min(bound.capacity - coalesce(counter.taken, 0) - elsewhere.taken),
            min(bound.capacity - coalesce(counter.taken, 0) - elsewhere.taken
                - rewards_held(p_programme, bound.scope_id, bound.subject, p_checkout, p_at)
                - rewards_absorbed(p_programme, bound.scope_id, bound.subject, p_checkout, p_at))
        into unused, free
        from (values
            ('coupon:' || p_code.id, rewards_anybody(), series.uses_per_code),
            ('series:' || series.id, rewards_anybody(), series.uses),
            ('series:' || series.id, p_customer, series.uses_per_member)
        ) bound (subject, scope_id, capacity)
        left join rewards_counter counter on counter.programme_id = p_programme and counter.scope_id = bound.scope_id
            and counter.subject = bound.subject and counter.starts_on = rewards_no_period()
        cross join lateral (
            select rewards_absorbed(p_programme, bound.scope_id, bound.subject, null, null) as taken) elsewhere
        where bound.capacity is not null and bound.scope_id is not null;
    state := rewards_coupon_state(p_code, series, p_customer, p_at);
    if state = 'expired' and rewards_holds(p_checkout, 'coupon:' || p_code.id, p_at) then
        state := 'ok';
    end if;
    if state = 'ok' and free < 1 then
        state := case when unused < 1 then 'used_up' else 'reserved' end;
    end if;
    return jsonb_build_object('what', 'coupon', 'state', state, 'id', p_code.id, 'series', series.key,
        'kind', series.kind, 'uses_left', greatest(0, free));
end $$;

create or replace function rewards_voucher_for_rules(
    p_voucher rewards_voucher, p_programme uuid, p_customer uuid, p_checkout uuid, p_at timestamptz
) returns jsonb language plpgsql stable as $$
declare
    state text := rewards_voucher_state(p_voucher, p_customer, p_at);
    unused bigint := p_voucher.amount - coalesce((
        select counter.taken from rewards_counter counter
        where counter.programme_id = p_programme and counter.scope_id = rewards_anybody()
            and counter.subject = 'voucher:' || p_voucher.id and counter.starts_on = rewards_no_period()), 0);
    free bigint := unused - rewards_held(
        p_programme, rewards_anybody(), 'voucher:' || p_voucher.id, p_checkout, p_at);
begin
    if state = 'expired' and rewards_holds(p_checkout, 'voucher:' || p_voucher.id, p_at) then
        state := 'ok';
    end if;
    if state = 'ok' and free < 1 then
        state := case when unused < 1 then 'used_up' else 'reserved' end;
    end if;
    return jsonb_build_object('what', 'voucher', 'state', state, 'id', p_voucher.id, 'amount', greatest(0, free),
        'currency', p_voucher.currency, 'minimum_basket', p_voucher.minimum_basket,
        'is_divisible', p_voucher.is_divisible, 'purpose', p_voucher.purpose,
        'per_checkout', p_voucher.per_checkout);
end $$;

create or replace function rewards_cards_for_rules(
    p_programme uuid, p_checkout uuid, p_codes text[], p_at timestamptz
) returns jsonb language plpgsql stable as $$
begin
    return (
        select jsonb_object_agg(asked.code, case when card.id is null then '{"state": "unknown"}' else
            jsonb_build_object('state', rewards_card_state(card, p_at), 'id', card.id, 'currency', card.currency,
                'balance', greatest(0, card.balance - rewards_held(
                    p_programme, rewards_anybody(), 'gift_card:' || card.id, p_checkout, p_at))) end)
        from unnest(p_codes) asked (code)
        left join rewards_gift_card card on card.programme_id = p_programme and card.code = asked.code);
end $$;

-- What is left of each stock where the customer stands; a store's own pieces come before those of all.
create or replace function rewards_stock_for_rules(
    p_programme uuid, p_store uuid, p_checkout uuid, p_at timestamptz
) returns jsonb language plpgsql stable as $$
begin
    return (
        select coalesce(jsonb_object_agg(found.key, jsonb_build_object('id', found.id, 'left', found.left_over)), '{}')
        from (
            select distinct on (stock.key) stock.key, stock.id, greatest(0, stock.pieces - coalesce(counter.taken, 0)
                + case when counter.is_spread then rewards_room(p_programme, 'stock:' || stock.id) else 0 end
                - rewards_held(p_programme, rewards_anybody(), 'stock:' || stock.id, p_checkout, p_at)) as left_over
            from rewards_stock stock
            left join rewards_counter counter on counter.programme_id = p_programme
                and counter.scope_id = rewards_anybody() and counter.subject = 'stock:' || stock.id
                and counter.starts_on = rewards_no_period()
            where stock.programme_id = p_programme and (stock.store_id = p_store or stock.store_id is null)
                and (stock.ended_at is null or stock.ended_at > p_at)
            order by stock.key, stock.store_id nulls last
        ) found);
end $$;

-- What was counted of limits so far, in all, for the customer, for the store, in periods that are not over. A spread
-- counter's slots hold what is set aside and not yet taken.
-- All the ids of the person behind one of them; none of nobody.
create or replace function rewards_person(p_customer uuid) returns uuid[] language plpgsql stable as $$
begin
    return case when p_customer is null then '{}'::uuid[]
        else array_append(coalesce(customers_ids_for_rules(p_customer), '{}'), p_customer) end;
end $$;

create or replace function rewards_limits_for_rules(
    p_programme uuid, p_customer uuid, p_store uuid, p_at timestamptz
) returns jsonb language plpgsql stable as $$
declare
    person constant uuid[] := rewards_person(p_customer); -- counted under whatever name they had
begin
    return (
        select coalesce(jsonb_agg(jsonb_build_object(
            'subject', substr(counter.subject, 7), 'scope_id',
            case when counter.scope_id = any (person) then p_customer
                else nullif(counter.scope_id, rewards_anybody()) end,
            'starts_on', counter.starts_on,
            'taken', counter.taken - case when counter.is_spread then (
                select coalesce(sum(slot.room), 0) from rewards_slot slot
                where slot.programme_id = counter.programme_id and slot.scope_id = counter.scope_id
                    and slot.subject = counter.subject and slot.starts_on = counter.starts_on) else 0 end)), '[]')
        from rewards_counter counter
        where counter.programme_id = p_programme
            and counter.scope_id = any (array[rewards_anybody(), p_store] || person)
            and counter.subject >= 'limit:' and counter.subject < 'limit;'
            and (counter.ends_on is null or counter.ends_on > (p_at - interval '1 day')::date));
end $$;

-- What the slots of a counter of stock may still give away.
create or replace function rewards_room(p_programme uuid, p_subject text) returns bigint language plpgsql stable as $$
begin
    return (
        select coalesce(sum(slot.room), 0)::bigint from rewards_slot slot
        where slot.programme_id = p_programme and slot.scope_id = rewards_anybody() and slot.subject = p_subject
            and slot.starts_on = rewards_no_period());
end $$;

-- What a checkout has reserved in time is its own until the reservation expires, though its last day passes meanwhile.
create or replace function rewards_holds(p_checkout uuid, p_subject text, p_now timestamptz) returns boolean
language plpgsql stable as $$
begin
    return exists (
        select from rewards_reservation held
        where held.checkout_id = p_checkout and held.scope_id = rewards_anybody() and held.subject = p_subject
            and held.expires_at > p_now);
end $$;
