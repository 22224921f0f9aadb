-- Read all that a purchase needs, in one round trip, with the head of the member's chain of decisions.
--
-- The head comes first and the state is read by later statements: at READ COMMITTED each statement of a volatile
-- function sees what was committed before it began. With p_locks the head stays locked, and what the last holder of the
-- lock wrote is seen here. Without, whoever writes asks that the head is still the one read here (activity_write): then
-- nobody has decided about the member in between, and what was read still holds.
--
-- No sequential scans: a plan that a session made while a table was small would be kept while it grows. Generic plans:
-- a plan made anew for each purchase costs more than all it reads.
create or replace function activity_begin(
    p_owner text, p_key text, p_slug text, p_sandbox boolean, p_customer uuid, p_scheme text, p_identity text,
    p_store text, p_codes text[], p_at timestamptz, p_locks boolean
) returns text language plpgsql volatile set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
    around record := activity_surroundings(
        p_owner, p_key, p_slug, p_sandbox, p_customer, p_scheme, p_identity, p_store, p_codes, p_at, p_locks);
begin
    return around.answer;
end $$;

-- The same, with what a caller inside the database goes on with: it need not read the answer for it. Who calls it sets
-- how it is planned.
create or replace function activity_surroundings(
    p_owner text, p_key text, p_slug text, p_sandbox boolean, p_customer uuid, p_scheme text, p_identity text,
    p_store text, p_codes text[], p_at timestamptz, p_locks boolean,
    out answer text, out programme_id uuid, out points_code text, out customer_id uuid, out account uuid,
    out store_id uuid
) language plpgsql volatile as $$
declare
    programme jsonb := programme_for_rules(p_slug, p_sandbox);
    store jsonb := organisation_store_for_rules(p_store);
    -- The person's ids, the survivor of merges first: the membership may be kept under any of them.
    ids uuid[] := customers_ids_for_rules(
        case when p_scheme is null then p_customer
            when p_scheme = 'card' and cards_over(p_identity, p_at) then null
            else customers_identified_for_rules(p_scheme, p_identity) end);
    member jsonb := programme_member_for_rules((programme->>'id')::uuid, ids[1], p_at);
    chain activity_chain;
begin
    programme_id := programme->>'id';
    points_code := programme->>'points_code';
    customer_id := ids[1];
    store_id := store->>'id';
    if cardinality(ids) > 1 then
        select found.member into member
        from unnest(ids) with ordinality one (id, place)
        cross join lateral programme_member_for_rules(programme_id, one.id, p_at) found (member)
        where found.member is not null
        order by (found.member->>'in_force')::boolean desc, one.place limit 1;
    end if;
    account := member->>'account_id';
    if p_locks and account is not null then
        insert into activity_chain (account_id, sequence, hash) values (account, 0, decode(repeat('00', 32), 'hex'))
        on conflict (account_id) do nothing;
        perform from activity_chain head where head.account_id = account for update;
    end if;
    select * into chain from activity_chain head where head.account_id = account;
    answer := json_build_object(
        'programme', programme,
        'customer_id', customer_id,
        'member', member,
        'sequence', coalesce(chain.sequence, 0),
        'hash', coalesce(encode(chain.hash, 'hex'), repeat('00', 32)),
        'tier', programme_tier_for_rules((member->>'enrolment_id')::uuid, p_at),
        -- Written so that only the index of a customer's purchases can serve it: with the bare column, a plan made while
        -- the table was small read the kind of every purchase ever made, at each purchase.
        'is_first', not exists (
            select from activity_purchase past where past.customer_id = any (ids) and past.kind || '' = 'sale')
            and not exists (select from activity_claim claim where claim.customer_id = any (ids)),
        'customer', case when member is not null then customers_facts_for_rules(ids, p_at)
            || jsonb_build_object('plans', subscriptions_for_rules(programme_id, ids, p_at),
                'offers', rewards_offers_for_rules(programme_id, ids, p_at)) end,
        'version_id', programme_version_for_rules(programme_id, p_at),
        'store', store,
        'products', products_for_rules(p_codes),
        'known', (
            select json_build_object('purchase_id', past.purchase_id, 'request_hash', encode(past.request_hash, 'hex'))
            from activity_purchase past
            where past.idempotency_owner = p_owner and past.idempotency_key = p_key))::text;
end $$;
