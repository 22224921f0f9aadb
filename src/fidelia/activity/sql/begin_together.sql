-- Read all that several purchases need, by one statement: what activity_begin reads for one, without a lock, and of each
-- member no more than the rules ask.
--
-- p_asked is a JSON array, one element for each purchase; of those without an owner, whose key was refused, nothing is
-- read, and null is answered. `version` is the version of the terms by which a purchase was decided last, and `reads`
-- what its rules read: first, tier, customer, plans, offers. Where another version is in force, all is
-- read: so a rule that was published a moment ago finds what it asks for.
--
-- It is all of one snapshot, the head of the chain too: whoever has decided about a member since has moved the head, and
-- the statement that writes sees that. What is the same for most is read once (programme, store); what each module offers
-- as an SQL function becomes part of this plan; what is rare (merges, memberships that ended), or asked for by few rules,
-- is left to functions that are called, because a plan costs by its size whether its parts are used or not.
--
-- With what a caller inside the database goes on with, who asks more of a basket: it need not read the answer for it.
create or replace function activity_around_together(p_keys uuid[], p_tests boolean[], p_asked json)
returns table (
    place bigint, answer text, programme_id uuid, points_code text, customer_id uuid, account_id uuid, store_id uuid,
    reads text[], at timestamptz, coupons text[], cards text[], points_at timestamptz
) language plpgsql volatile
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
    return query
    with asked as materialized (
        select sent.*, 'key:' || key_id as owner
        from rows from (
            json_to_recordset(p_asked) as (
                key text, programme text, customer uuid, scheme text, identity text, store text, codes text[],
                at timestamptz, version uuid, reads text[], coupons text[], cards text[], points_at timestamptz),
            unnest(p_keys), unnest(p_tests)
        ) with ordinality sent (
            key, slug, customer, scheme, identity, store, codes, at, version, reads, coupons, cards, points_at,
            key_id, is_test, place)
    ), programmes as materialized (
        select one.slug, one.is_test, found.told
        from (select distinct slug, is_test from asked where owner is not null) one
        cross join lateral programme_told_for_rules(one.slug, one.is_test) found
    ), stores as materialized (
        select one.store, found.told
        from (select distinct store from asked where owner is not null and store is not null) one
        cross join lateral organisation_store_told_for_rules(one.store) found
    ), placed as materialized (
        select asked.*, programme.told as programme, (programme.told->>'id')::uuid as programme_id,
            (select version.id from programme_version_in_force_for_rules((programme.told->>'id')::uuid, asked.at) version)
                as version_id,
            case when scheme is null then customer
                when scheme = 'card' and exists (select from cards_that_are_over(identity, at)) then null
                else (select found.customer_id from customers_with_identity_for_rules(scheme, identity) found)
                end as named_id
        from asked
        left join programmes programme
            on programme.slug is not distinct from asked.slug and programme.is_test = asked.is_test
    ), people as materialized (
        select placed.*, version_id is distinct from version or reads is null as reads_all,
            case when named_id is not null then coalesce(
                (select array[alone.id] from customers_alone_for_rules(named_id) alone),
                customers_ids_for_rules(named_id)) end as ids
        from placed
    ), members as materialized (
        select people.*, case
            when cardinality(ids) = 1 then coalesce(
                (select open.member from programme_open_member_for_rules(programme_id, ids[1], at) open),
                programme_member_for_rules(programme_id, ids[1], at))
            when cardinality(ids) > 1 then (
                select found.member
                from unnest(ids) with ordinality one (id, place)
                cross join lateral programme_member_for_rules(programme_id, one.id, people.at) found (member)
                where found.member is not null
                order by (found.member->>'in_force')::boolean desc, one.place limit 1)
            end as member
        from people
    )
    select one.place, case when one.owner is not null then json_build_object(
        'programme', one.programme,
        'customer_id', ids[1],
        'member', member,
        'sequence', coalesce(head.sequence, 0),
        'hash', coalesce(encode(head.hash, 'hex'), repeat('00', 32)),
        'read', case when not reads_all then reads end,
        'tier', case when reads_all or 'tier' = any (reads) then
            programme_tier_for_rules((member->>'enrolment_id')::uuid, at) end,
        -- As in activity_begin, only the index of a customer's purchases can serve it.
        'is_first', case when reads_all or 'first' = any (reads) then
            not exists (
                select from activity_purchase past where past.customer_id = any (ids) and past.kind || '' = 'sale')
            and not exists (select from activity_claim claim where claim.customer_id = any (ids)) end,
        'customer', case when member is not null and (reads_all or 'customer' = any (reads)) then
            customers_facts_for_rules(ids, at) end,
        'plans', case when member is not null and (reads_all or 'plans' = any (reads)) then
            subscriptions_for_rules(programme_id, ids, at) end,
        'offers', case when member is not null and (reads_all or 'offers' = any (reads)) then
            rewards_offers_for_rules(programme_id, ids, at) end,
        'version_id', version_id,
        'store', store.told,
        'products', (select told.products from products_told_for_rules(codes) told),
        'known', (
            select json_build_object('purchase_id', past.purchase_id, 'request_hash', encode(past.request_hash, 'hex'))
            from activity_purchase past
            where past.idempotency_owner = one.owner and past.idempotency_key = one.key))::text end,
        one.programme_id, one.programme->>'points_code', ids[1], (member->>'account_id')::uuid,
        (store.told->>'id')::uuid, case when not reads_all then reads end, at, coupons, cards, points_at
    from members one
    left join activity_chain head on head.account_id = (member->>'account_id')::uuid
    left join stores store on store.store = one.store
    order by one.place;
end $$;

create or replace function activity_begin_together(p_keys uuid[], p_tests boolean[], p_asked json)
returns setof text language plpgsql volatile as $$
begin
    return query
    select around.answer from activity_around_together(p_keys, p_tests, p_asked) around order by around.place;
end $$;

-- The same of baskets that are only tried: what activity_checkout_begin reads without a number. `reads` names limits and
-- stock too, where the rules ask for them; `points_at` is the moment whose points may pay, null where nobody pays with
-- points. The law is that of a day, and no day begins within a minute.
create or replace function activity_try_together(p_keys uuid[], p_tests boolean[], p_asked json)
returns setof text language plpgsql volatile
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
begin
    return query
    with told as materialized (
        select * from activity_around_together(p_keys, p_tests, p_asked)
    ), laws as materialized (
        select one.minute, organisation_laws_for_rules(one.minute) as told
        from (select distinct date_trunc('minute', told.at) as minute from told where told.answer is not null) one
    )
    select case when told.answer is not null then concat(
        '{"around":', told.answer,
        ',"rewards":', case when told.reads is null or 'limits' = any (told.reads) or 'stock' = any (told.reads)
            or cardinality(told.coupons) > 0 or cardinality(told.cards) > 0 then rewards_for_rules(
                told.programme_id, told.customer_id, told.store_id, null, told.coupons, told.cards, told.at)
            else '{}' end,
        ',"laws":', coalesce(laws.told::text, 'null'),
        ',"points":', coalesce(case when told.points_at is not null then (
            select balance.available from ledger_balance_of(told.account_id, told.points_code, told.points_at) balance)
            end::text, 'null'),
        '}') end
    from told left join laws on laws.minute = date_trunc('minute', told.at)
    order by told.place;
end $$;
