-- Thousands of postings of many accounts in one call, for imports: rows of arrays, in the order in which those of one
-- account count. Two functions of the same shape: earns go set-based as long as nothing before them in the call takes
-- points back from their account; the caller sends the rest down the single road.
--
-- In both, tables are reached by key alone: an import fills tables faster than statistics follow, and a plan made for
-- a table thought empty took a hundred times as long. Hence no sequential scans, and lateral joins kept apart by
-- `offset 0`.

-- Earns, each with one lot that has the identity of its posting. An account that is unknown or closed refuses the call.
-- Balances are locked in the order of their keys.
create function public.ledger_earn_in_bulk(
    p_accounts uuid[], p_keys text[], p_hashes bytea[], p_postings uuid[], p_kinds text[], p_amounts bigint[],
    p_occurred timestamptz[], p_expires timestamptz[], p_rule_versions uuid[], p_fundings text[],
    p_unit_costs bigint[], p_partners uuid[], p_stores uuid[], p_sources uuid[], p_target_keys text[],
    p_policies text[],
    p_currency text, p_recorded_at timestamptz, p_actor_kind text, p_actor_id uuid, p_origin text, p_source_type text
) returns table (
    n bigint, status text, posting_id uuid, amount bigint, balance bigint, shortfall bigint, already_expired bigint,
    uncollected bigint
)
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
#variable_conflict use_column
declare
    fresh uuid[];
begin
    perform public.ledger_check_open(p_accounts, p_currency);
    with kept as (
        insert into public.ledger_posting (
            occurred_at, recorded_at, requested, account_id, posting_id, actor_id, source_id, idem_key, request_hash,
            kind, currency, origin, actor_kind, source_type
        )
        select i.occurred_at, p_recorded_at, i.amount, i.account_id, i.posting_id, p_actor_id, i.source_id, i.idem_key,
                i.request_hash, 'earn', p_currency, p_origin, p_actor_kind, p_source_type
            from unnest(p_accounts, p_keys, p_hashes, p_postings, p_amounts, p_occurred, p_sources)
                i (account_id, idem_key, request_hash, posting_id, amount, occurred_at, source_id)
            order by i.account_id, i.idem_key
        on conflict do nothing
        returning posting_id
    )
    select coalesce(array_agg(kept.posting_id), '{}') into fresh from kept;
    perform public.ledger_lock_all(p_accounts, p_currency);
    return query
    select w.n, 'posted', w.posting_id, w.amount, w.balance, 0::bigint, 0::bigint, 0::bigint
        from public.ledger_write_earns(
            fresh, p_accounts, p_postings, p_amounts, p_occurred, p_occurred, p_expires, p_rule_versions, p_fundings,
            p_unit_costs, p_partners, p_stores, p_currency, p_recorded_at, 'issuance') w;
    return query select * from public.ledger_replays_in_bulk(fresh, p_accounts, p_keys, p_hashes, p_postings);
end $$;

-- Lots, entries and balances of the earns (or openings, whose lots were earned elsewhere and before) among `fresh`; the
-- counter is the account code of the other leg. Planned anew for each chunk, so that the arrays are hashed;
-- nothing else is here, for in that mode each assignment of a variable would be planned anew as well. Balances are
-- found by key and then hashed: one by one cost three times as much, a nested loop over a table thought empty far more.
create function public.ledger_write_earns(
    fresh uuid[], p_accounts uuid[], p_postings uuid[], p_amounts bigint[], p_occurred timestamptz[],
    p_earned timestamptz[], p_expires timestamptz[], p_rule_versions uuid[], p_fundings text[], p_unit_costs bigint[],
    p_partners uuid[], p_stores uuid[], p_currency text, p_recorded_at timestamptz, p_counter text
) returns table (
    n bigint, posting_id uuid, amount bigint, balance bigint
)
language plpgsql set enable_seqscan = off set enable_nestloop = off
set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
begin
    return query
    with earned as (
        select i.*, b.member, b.owed, b.version,
                row_number() over so_far as place, (sum(i.amount) over so_far)::bigint as running,
                lead(i.n) over so_far is null as is_last
            from unnest(p_accounts, p_postings, p_amounts, p_occurred, p_earned, p_expires, p_rule_versions, p_fundings,
                    p_unit_costs, p_partners, p_stores)
                with ordinality i (account_id, posting_id, amount, occurred_at, earned_at, expires_at, rule_version_id,
                    funding, unit_cost, partner_id, store_id, n)
            cross join lateral (
                select posted - held as member, owed, version from public.ledger_balance
                where account_id = i.account_id and currency = p_currency offset 0
            ) b
            where i.posting_id = any (fresh)
            window so_far as (partition by i.account_id order by i.n)
    ), filled as (
        select *, greatest(least(owed - (running - amount), amount), 0) as fill from earned
    ), lots as (
        insert into public.ledger_lot (
            amount, remaining, earned_at, expires_at, unit_cost, account_id, lot_id, partner_id, rule_version_id,
            currency, funding, is_open
        )
        select amount - fill, amount - fill, earned_at, expires_at, unit_cost, account_id, posting_id, partner_id,
                rule_version_id, p_currency, funding, true
            from filled where amount > fill
    ), entries as (
        insert into public.ledger_entry (
            occurred_at, recorded_at, amount, balance_after, unit_cost, version, account_id, posting_id, lot_id,
            partner_id, store_id, rule_version_id, seq, code, currency, funding
        )
        select e.occurred_at, p_recorded_at, leg.amount, leg.balance_after, e.unit_cost, e.version + e.place,
                e.account_id, e.posting_id, leg.lot_id, e.partner_id, e.store_id, e.rule_version_id,
                case when e.fill > 0 then leg.seq else leg.seq - 2 end, leg.code, p_currency, e.funding
            from filled e cross join lateral (values
                (0, p_counter, -e.fill, null::bigint, null::uuid),
                (1, 'member', e.fill, e.member + e.running - e.amount + e.fill, null),
                (2, p_counter, e.fill - e.amount, null, e.posting_id),
                (3, 'member', e.amount - e.fill, e.member + e.running, e.posting_id)
            ) leg (seq, code, amount, balance_after, lot_id)
            where leg.amount <> 0
    ), balances as (
        update public.ledger_balance b
            set posted = b.posted + t.running, owed = b.owed - least(t.owed, t.running), version = b.version + t.place
            from (select account_id, running, owed, place from filled where is_last) t
            where b.account_id = any (p_accounts) and b.currency = p_currency and b.account_id = t.account_id
    )
    select n, posting_id, amount, member + running from filled;
end $$;

-- The rows whose keys were there already.
create function public.ledger_replays_in_bulk(
    fresh uuid[], p_accounts uuid[], p_keys text[], p_hashes bytea[], p_postings uuid[]
) returns table (
    n bigint, status text, posting_id uuid, amount bigint, balance bigint, shortfall bigint, already_expired bigint,
    uncollected bigint
)
language plpgsql set enable_seqscan = off
set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
begin
    return query
    select i.n, case when p.request_hash = i.request_hash then 'replayed' else 'idempotency_key_reused' end,
            p.posting_id, null::bigint, null::bigint, null::bigint, null::bigint, null::bigint
        from unnest(p_accounts, p_keys, p_hashes, p_postings)
            with ordinality i (account_id, idem_key, request_hash, posting_id, n)
        cross join lateral (
            select request_hash, posting_id from public.ledger_posting
            where account_id = i.account_id and idem_key = i.idem_key offset 0
        ) p
        where i.posting_id <> all (fresh);
end $$;

create function public.ledger_check_open(p_accounts uuid[], p_currency text) returns void
language plpgsql as $$
declare
    unknown uuid;
begin
    select i.account_id into unknown
        from unnest(p_accounts) i (account_id)
        left join lateral (
            select not is_closed as is_open from public.ledger_balance
            where account_id = i.account_id and currency = p_currency offset 0
        ) b on true
        where b.is_open is not true limit 1;
    if found then
        perform public.ledger_refuse_account(unknown, p_currency);
    end if;
end $$;

create function public.ledger_lock_all(p_accounts uuid[], p_currency text) returns void
language plpgsql as $$
begin
    perform from (select distinct unnest(p_accounts) as account_id order by 1) i
        cross join lateral (
            select from public.ledger_balance
            where account_id = i.account_id and currency = p_currency for update offset 0
        ) b;
end $$;

-- Any rows, one after the other down the single road; a row refused leaves nothing behind and the others standing.
create function public.ledger_post_one_by_one(
    p_accounts uuid[], p_keys text[], p_hashes bytea[], p_postings uuid[], p_kinds text[], p_amounts bigint[],
    p_occurred timestamptz[], p_expires timestamptz[], p_rule_versions uuid[], p_fundings text[],
    p_unit_costs bigint[], p_partners uuid[], p_stores uuid[], p_sources uuid[], p_target_keys text[],
    p_policies text[], p_activates timestamptz[], p_cancels timestamptz[], p_lives timestamptz[],
    p_currency text, p_recorded_at timestamptz, p_actor_kind text, p_actor_id uuid, p_origin text, p_source_type text
) returns table (
    n bigint, status text, posting_id uuid, amount bigint, balance bigint, shortfall bigint, already_expired bigint,
    uncollected bigint
)
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
#variable_conflict use_column
declare
    o public.ledger_outcome;
    parts public.ledger_part[];
begin
    perform public.ledger_check_open(p_accounts, p_currency);
    perform public.ledger_lock_all(p_accounts, p_currency);
    for i in 1 .. cardinality(p_accounts) loop
        n := i;
        parts := null;
        if p_kinds[i] in ('earn', 'pend') then
            parts := array[row(p_postings[i], p_amounts[i], p_occurred[i], p_expires[i], p_partners[i],
                p_rule_versions[i], p_fundings[i], p_unit_costs[i])::public.ledger_part];
        end if;
        begin
            o := public.ledger_post_entry(p_accounts[i], row(
                p_keys[i], p_hashes[i], p_postings[i], p_kinds[i], p_currency, p_amounts[i], p_occurred[i],
                p_recorded_at, p_partners[i], p_stores[i], p_actor_kind, p_actor_id, p_origin, p_source_type,
                p_sources[i], '', public.ledger_posting_under(p_accounts[i], p_target_keys[i]), null, p_policies[i],
                null, parts, p_activates[i], p_cancels[i], p_lives[i], null, null
            )::public.ledger_request);
            status := case when o.replayed then 'replayed' else 'posted' end;
        exception when sqlstate 'FL001' then
            o := null;
            status := sqlerrm; -- the stable code of the refusal
        end;
        posting_id := o.posting_id; amount := o.amount; balance := o.balance; shortfall := o.shortfall;
        already_expired := o.already_expired; uncollected := o.uncollected;
        return next;
    end loop;
end $$;

-- The posting under a key; a key that is given and unknown is refused.
create function public.ledger_posting_under(p_account uuid, p_key text) returns uuid
language plpgsql as $$
declare
    known uuid;
begin
    if p_key is null then
        return null;
    end if;
    select posting_id into known from public.ledger_posting where account_id = p_account and idem_key = p_key;
    if not found then
        perform public.ledger_refuse('unknown_posting', jsonb_build_object('key', p_key));
    end if;
    return known;
end $$;
