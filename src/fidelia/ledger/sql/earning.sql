-- New earnings of several accounts by one statement; a lone one is a set of one.
--
-- p_requests is a JSON array of ledger_requests, each with its account_id; those of other accounts than p_accounts are
-- passed over. Their keys are new: one that is known fails the call as a unique violation. Whatever is no earning of
-- one part by an open balance that owes nothing goes down the single road (ledger_post_entry), which may refuse it, and
-- with it all of the call. What was done is told by posting.
--
-- The lock is the conditional update of the balance, and what is written follows from the row as it is then: nothing
-- else is read, so nothing is stale. Balances are locked in the order of their keys: nested loops keep the order.
create or replace function public.ledger_earn_together(
    p_accounts uuid[], p_requests json, out postings uuid[], out balances bigint[]
)
language plpgsql security definer set search_path = pg_catalog, pg_temp
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan as $$
declare
    one json;
    outcome public.ledger_outcome;
begin
    with plain (
        account_id, idem_key, request_hash, posting_id, kind, currency, amount, occurred_at, recorded_at, partner_id,
        store_id, actor_kind, actor_id, origin, source_type, source_id, note, target_id, link_id, parts, lives_until,
        lot_id, part_amount, earned_at, expires_at, part_partner_id, rule_version_id, funding, unit_cost
    ) as materialized (
        select request.*, part.*
        from json_to_recordset(p_requests) request (
            account_id uuid, idem_key text, request_hash bytea, posting_id uuid, kind text, currency text,
            amount bigint, occurred_at timestamptz, recorded_at timestamptz, partner_id uuid, store_id uuid,
            actor_kind text, actor_id uuid, origin text, source_type text, source_id uuid, note text, target_id uuid,
            link_id uuid, parts json, lives_until timestamptz)
        cross join lateral json_to_recordset(request.parts) part (
            lot_id uuid, amount bigint, earned_at timestamptz, expires_at timestamptz, partner_id uuid,
            rule_version_id uuid, funding text, unit_cost bigint)
        where request.kind = 'earn' and request.lives_until is null and request.target_id is null
            and request.link_id is null and json_array_length(request.parts) = 1
            and request.account_id = any (p_accounts)
        order by request.account_id
    ), changed as (
        update public.ledger_balance b set posted = b.posted + plain.amount, version = b.version + 1
        from plain
        where b.account_id = plain.account_id and b.currency = plain.currency and not b.is_closed and b.owed = 0
            and plain.amount > 0
        returning plain.*, b.posted - b.held as member, b.version
    ), kept as (
        insert into public.ledger_posting (
            occurred_at, recorded_at, requested, account_id, posting_id, actor_id, source_id, idem_key, request_hash,
            kind, currency, origin, actor_kind, source_type, note
        )
        select occurred_at, recorded_at, amount, account_id, posting_id, actor_id, source_id, idem_key, request_hash,
            kind, currency, origin, actor_kind, source_type, note
        from changed
    ), lots as (
        insert into public.ledger_lot (
            amount, remaining, earned_at, expires_at, unit_cost, account_id, lot_id, partner_id, rule_version_id,
            currency, funding, is_open
        )
        select part_amount, part_amount, earned_at, expires_at, unit_cost, account_id, lot_id, part_partner_id,
            rule_version_id, currency, funding, true
        from changed
    ), entries as (
        insert into public.ledger_entry (
            occurred_at, recorded_at, amount, balance_after, unit_cost, version, account_id, posting_id, lot_id,
            partner_id, store_id, rule_version_id, seq, code, currency, funding
        )
        select occurred_at, recorded_at, leg.sign * part_amount, case when leg.sign > 0 then member end, unit_cost,
            version, account_id, posting_id, lot_id, partner_id, store_id, rule_version_id, leg.seq, leg.code,
            currency, funding
        from changed cross join (values (0::smallint, 'issuance', -1), (1::smallint, 'member', 1)) leg (seq, code, sign)
    )
    select array_agg(posting_id), array_agg(member) into postings, balances from changed;
    if coalesce(cardinality(postings), 0) < json_array_length(p_requests) then
        for one in select asked from json_array_elements(p_requests) asked order by asked->>'account_id' loop
            continue when not (one->>'account_id')::uuid = any (p_accounts);
            continue when (one->>'posting_id')::uuid = any (postings);
            outcome := public.ledger_post_entry(
                (one->>'account_id')::uuid, json_populate_record(null::public.ledger_request, one));
            postings := postings || outcome.posting_id;
            balances := balances || outcome.balance;
        end loop;
    end if;
end $$;
