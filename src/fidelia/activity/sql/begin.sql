-- Read all that a purchase needs, in one round trip, under the lock of the member's chain of decisions.
--
-- The lock comes first and the state is read by later statements: at READ COMMITTED each statement of a volatile
-- function sees what was committed before it began, so what the last holder of the lock wrote is seen here.
--
-- No sequential scans: a plan that a session made while a table was small would be kept while it grows.
create or replace function activity_begin(
    p_owner text, p_key text, p_slug text, p_sandbox boolean, p_customer uuid, p_scheme text, p_identity text,
    p_store text, p_codes text[], p_at timestamptz
) returns jsonb language plpgsql volatile set enable_seqscan = off as $$
declare
    programme jsonb := programme_for_rules(p_slug, p_sandbox);
    customer uuid := case when p_scheme is null then p_customer else customers_find_for_rules(p_scheme, p_identity) end;
    ids uuid[]; -- the person's, the survivor of merges first: the membership may be kept under any of them
    member jsonb;
    chain record;
begin
    if programme ? 'id' and customer is not null then
        ids := array(select person.id from customers_ids_of(customer) person order by person.rank);
        customer := ids[1];
        select found.member into member
        from unnest(ids) with ordinality one (id, place)
        cross join lateral programme_member_for_rules((programme->>'id')::uuid, one.id, p_at) found (member)
        where found.member is not null
        order by (found.member->>'in_force')::boolean desc, one.place limit 1;
    end if;
    if member is not null then
        insert into activity_chain (account_id, sequence, hash)
        values ((member->>'account_id')::uuid, 0, decode(repeat('00', 32), 'hex'))
        on conflict (account_id) do nothing;
        select sequence, encode(hash, 'hex') as hash into chain
        from activity_chain where account_id = (member->>'account_id')::uuid for update;
        member := member || jsonb_build_object(
            'sequence', chain.sequence,
            'hash', chain.hash,
            'tier', programme_tier_for_rules((member->>'enrolment_id')::uuid, p_at),
            -- Written so that only the index of a customer's purchases can serve it: with the bare column, a plan made
            -- while the table was small read the kind of every purchase ever made, at each purchase.
            'is_first', not exists (
                select from activity_purchase past
                where past.customer_id = any (ids) and past.kind || '' = 'sale')
                and not exists (select from activity_claim claim where claim.customer_id = any (ids)));
    end if;
    return jsonb_build_object(
        'programme', programme,
        'customer_id', customer,
        'member', member,
        'customer', case when member is not null then customers_for_rules(customer, p_at) end,
        'version_id', case when programme ? 'id' then programme_version_for_rules((programme->>'id')::uuid, p_at) end,
        'store', case when p_store is not null then organisation_store_for_rules(p_store) end,
        'products', products_for_rules(p_codes),
        'known', (
            select jsonb_build_object('purchase_id', past.purchase_id, 'request_hash', encode(past.request_hash, 'hex'))
            from activity_purchase past
            where past.idempotency_owner = p_owner and past.idempotency_key = p_key));
end $$;
