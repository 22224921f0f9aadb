-- Read all that a checkout needs, in one round trip: the checkout itself, what activity_begin reads for its basket, what
-- coupons, gift cards, limits and stock say, and the points that are there to pay with or to take a reward for.
--
-- Without a number nothing is kept: a basket is only tried. What a basket names comes apart (p_slug to p_moment),
-- so that nobody reads the whole of it here; p_codes null means the basket that is kept. p_wait_ms, where given, bounds
-- every wait for a lock until the transaction ends. With p_locks the checkout is locked first, then the head of the
-- member's chain: the order of all that writes.
--
-- The answer is put together as text: a document of documents would be read and written anew at each level. What was
-- answered to the basket before is not read: it may be long.
create or replace function activity_checkout_begin(
    p_owner text, p_key text, p_source text, p_number text, p_slug text, p_customer uuid, p_scheme text,
    p_identity text, p_store text, p_codes text[], p_coupons text[], p_cards text[], p_wants_points boolean,
    p_moment timestamptz, p_sandbox boolean, p_at timestamptz, p_locks boolean, p_wait_ms integer
) returns text language plpgsql volatile set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
    found record;
    basket jsonb;
    around record;
    known text;
    checkout uuid;
    kept text := 'null';
begin
    if p_wait_ms is not null then
        perform set_config('lock_timeout', p_wait_ms || 'ms', true);
    end if;
    if p_number is not null then
        if p_locks then
            perform from activity_checkout one where one.source = p_source and one.number = p_number for update;
        end if;
        select one.checkout_id, one.source, one.number, one.state, one.revision, one.programme_id, one.customer_id,
                one.account_id, one.partner_id, one.store_id, one.channel, one.currency, one.basket, one.total,
                one.points, one.closures, one.purchase_id, one.reserved_until, one.opened_at, one.updated_at,
                one.closed_at, one.cancelled_at
            into found from activity_checkout one where one.source = p_source and one.number = p_number;
        if found.checkout_id is not null then
            checkout := found.checkout_id;
            kept := row_to_json(found);
        end if;
        select request.resource_type || ' ' || request.resource_id || ' ' || encode(request.request_hash, 'hex')
            into known from kernel_request request where request.owner = p_owner and request.key = p_key;
        if p_codes is null then
            basket := found.basket;
            if basket is null then
                return json_build_object('checkout', null, 'known', known)::text;
            end if;
            p_slug := basket->>'programme';
            p_customer := basket->>'customer_id';
            p_scheme := basket->'identity'->>0;
            p_identity := basket->'identity'->>1;
            p_store := basket->>'store';
            p_codes := array(select line->>'product_code' from jsonb_array_elements(basket->'lines') line);
            if basket->'coupons' <> '[]' then
                p_coupons := array(select jsonb_array_elements_text(basket->'coupons'));
            end if;
            if basket->'gift_cards' <> '[]' then
                p_cards := array(select card->>'code' from jsonb_array_elements(basket->'gift_cards') card);
            end if;
            p_wants_points := (basket->>'pays_with_points')::boolean or basket->'claims' <> '[]';
            p_moment := basket->>'occurred_at';
        end if;
    end if;
    p_moment := coalesce(p_moment, p_at);
    around := activity_surroundings(
        p_owner, p_key, p_slug, p_sandbox, p_customer, p_scheme, p_identity, p_store, p_codes, p_moment, p_locks);
    return concat(
        '{"checkout":', kept, ',"known":', coalesce(to_json(known)::text, 'null'), ',"around":', around.answer,
        ',"rewards":', rewards_for_rules(
            around.programme_id, around.customer_id, around.store_id, checkout, p_coupons, p_cards, p_moment),
        ',"laws":', coalesce(organisation_laws_for_rules(p_moment)::text, 'null'),
        ',"points":', coalesce(case when p_wants_points then (
            select balance.available from ledger_balance_of(around.account, around.points_code, p_at) balance)
            end::text, 'null'),
        '}');
end $$;

-- The same of several closures that lock nothing, by keys that are admitted by the same statement: null for each whose key
-- was refused. p_asked is a JSON array; `names` is what the basket that is sent names, as activity_around_together reads it,
-- null where the kept one counts: of that, `lately` says by the name of its programme (empty where none is named) by which
-- version baskets were decided last, and what its rules read. Rewards are read after the heads of the chains, so that
-- whoever has taken something since has moved one.
create or replace function activity_close_begin_together(p_keys uuid[], p_tests boolean[], p_asked json)
returns setof text language plpgsql volatile
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set plan_cache_mode = force_generic_plan as $$
declare
    called record;
    around record;
begin
    select array_agg(case when told.names is not null then told.key_id end order by told.place) as keys,
            json_agg(coalesce(told.names, '{}') order by told.place) as named,
            array_agg(told.checkout_id order by told.place) as checkouts,
            array_agg(told.kept order by told.place) as kept, array_agg(told.known order by told.place) as known
        into called
        from (
            select asked.place, asked.key_id, kept.checkout_id, row_to_json(kept)::text as kept,
                coalesce(asked.names, activity_names_of_basket(kept.basket, asked.key, asked.at, asked.lately)) as names,
                (select to_json(request.resource_type || ' ' || request.resource_id || ' '
                        || encode(request.request_hash, 'hex'))::text
                    from kernel_request request
                    where request.owner = 'key:' || asked.key_id and request.key = asked.key) as known
            from rows from (
                json_to_recordset(p_asked) as (key text, number text, at timestamptz, names json, lately json),
                unnest(p_keys)
            ) with ordinality asked (key, number, at, names, lately, key_id, place)
            left join lateral (
                select one.checkout_id, one.source, one.number, one.state, one.revision, one.programme_id,
                    one.customer_id, one.account_id, one.partner_id, one.store_id, one.channel, one.currency,
                    one.basket, one.total, one.points, one.closures, one.purchase_id, one.reserved_until,
                    one.opened_at, one.updated_at, one.closed_at, one.cancelled_at
                from activity_checkout one
                where one.source = 'key:' || asked.key_id and one.number = asked.number
            ) kept on true
        ) told;
    for around in
        select * from activity_around_together(called.keys, p_tests, called.named) found order by found.place
    loop
        return next case
            when p_keys[around.place] is null then null
            when around.answer is null then concat('{"known":', coalesce(called.known[around.place], 'null'), '}')
            else concat(
                '{"checkout":', coalesce(called.kept[around.place], 'null'),
                ',"known":', coalesce(called.known[around.place], 'null'), ',"around":', around.answer,
                ',"rewards":', case
                    when around.reads is null or 'limits' = any (around.reads) or 'stock' = any (around.reads)
                        or cardinality(around.coupons) > 0 or cardinality(around.cards) > 0
                    then rewards_for_rules(around.programme_id, around.customer_id, around.store_id,
                        called.checkouts[around.place], around.coupons, around.cards, around.at)
                    else '{}' end,
                ',"laws":', coalesce(organisation_laws_for_rules(around.at)::text, 'null'),
                ',"points":', coalesce(case when around.points_at is not null then (
                    select balance.available
                    from ledger_balance_of(around.account_id, around.points_code, around.points_at) balance)
                    end::text, 'null'),
                '}')
            end;
    end loop;
end $$;

-- What a kept basket names, as activity_around_together reads it; null of none.
create or replace function activity_names_of_basket(p_basket jsonb, p_key text, p_at timestamptz, p_lately json)
returns json language sql stable as $$
    select case when p_basket is not null then json_build_object(
        'key', p_key, 'programme', p_basket->'programme', 'customer', p_basket->'customer_id',
        'scheme', p_basket->'identity'->0, 'identity', p_basket->'identity'->1, 'store', p_basket->'store',
        'codes', jsonb_path_query_array(p_basket, '$.lines[*].product_code'),
        'coupons', p_basket->'coupons', 'cards', jsonb_path_query_array(p_basket, '$.gift_cards[*].code'),
        'at', coalesce(p_basket->>'occurred_at', p_at::text),
        'version', p_lately->coalesce(p_basket->>'programme', '')->0,
        'reads', p_lately->coalesce(p_basket->>'programme', '')->1,
        'points_at', case when (p_basket->>'pays_with_points')::boolean or p_basket->'claims' <> '[]' then p_at end) end
$$;
