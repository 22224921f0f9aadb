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
