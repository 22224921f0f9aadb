-- Read all that a checkout needs, in one round trip: the checkout itself, what activity_begin reads for its basket, what
-- coupons, gift cards, limits and stock say, and the points that are there to pay with or to take a reward for.
--
-- Without a number nothing is kept: a basket is only tried. p_basket null means the basket that is kept. p_wait_ms, where
-- given, bounds every wait for a lock until the transaction ends. With p_locks the checkout is locked first, then the
-- head of the member's chain: the order of all that writes.
create or replace function activity_checkout_begin(
    p_owner text, p_key text, p_source text, p_number text, p_basket jsonb, p_sandbox boolean, p_at timestamptz,
    p_locks boolean, p_wait_ms integer
) returns text language plpgsql volatile set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
    found activity_checkout;
    basket jsonb := p_basket;
    moment timestamptz;
    around jsonb;
    known text;
begin
    if p_wait_ms is not null then
        perform set_config('lock_timeout', p_wait_ms || 'ms', true);
    end if;
    if p_number is not null then
        if p_locks then
            select * into found from activity_checkout kept where kept.source = p_source and kept.number = p_number
            for update;
        else
            select * into found from activity_checkout kept where kept.source = p_source and kept.number = p_number;
        end if;
        basket := coalesce(basket, found.basket);
        select request.resource_type || ' ' || request.resource_id || ' ' || encode(request.request_hash, 'hex')
            into known from kernel_request request where request.owner = p_owner and request.key = p_key;
    end if;
    if basket is null then
        return json_build_object('checkout', null, 'known', known)::text;
    end if;
    moment := coalesce((basket->>'occurred_at')::timestamptz, p_at);
    around := activity_begin(
        p_owner, p_key, basket->>'programme', p_sandbox, (basket->>'customer_id')::uuid, basket->'identity'->>0,
        basket->'identity'->>1, basket->>'store',
        array(select line->>'product_code' from jsonb_array_elements(basket->'lines') line), moment, p_locks);
    return json_build_object(
        'checkout', case when found.checkout_id is not null then to_jsonb(found) - 'changed_xid' - 'evaluation' end,
        'known', known,
        'around', around,
        'rewards', rewards_for_rules(
            (around->'programme'->>'id')::uuid, (around->>'customer_id')::uuid, (around->'store'->>'id')::uuid,
            found.checkout_id, array(select jsonb_array_elements_text(basket->'coupons')),
            array(select card->>'code' from jsonb_array_elements(basket->'gift_cards') card), moment),
        'laws', organisation_laws_for_rules(moment),
        'points', case when (basket->>'pays_with_points')::boolean or basket->'claims' <> '[]' then (
            select balance.available from ledger_balance_of(
                (around->'member'->>'account_id')::uuid, around->'programme'->>'points_code', p_at) balance) end)::text;
end $$;
