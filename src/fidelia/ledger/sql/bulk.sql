-- Thousands of postings of many accounts in one call, for imports. Each row is an earn (one lot, with the posting's own
-- identity) or a revoke (of the posting under target_key); rows of one account count in the order given.
--
-- Earns before an account's first revoke are written set-based: keys, lock, lots, entries, balances in four statements.
-- From the first revoke of an account on, its rows take the single road one after the other. All balances are locked in
-- the order of their keys before any is changed, so that two imports at once cannot wait for each other.
create function public.ledger_post_in_bulk(
    p_accounts uuid[], p_keys text[], p_hashes bytea[], p_postings uuid[], p_kinds text[], p_amounts bigint[],
    p_occurred timestamptz[], p_expires timestamptz[], p_rule_versions uuid[], p_fundings text[],
    p_unit_costs bigint[], p_partners uuid[], p_stores uuid[], p_sources uuid[], p_target_keys text[],
    p_policies text[],
    p_currency text, p_recorded_at timestamptz, p_actor_kind text, p_actor_id uuid, p_origin text, p_source_type text
) returns table (
    n bigint, status text, posting_id uuid, amount bigint, balance bigint, shortfall bigint, already_expired bigint,
    uncollected bigint
)
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_column
declare
    first_revokes bigint[]; -- for each row, where its account's first revoke is
    fresh uuid[];
    unknown uuid;
    r record;
begin
    select a.account_id into unknown from unnest(p_accounts) a (account_id)
        where not exists (
            select from public.ledger_balance b
            where b.account_id = a.account_id and b.currency = p_currency and not b.is_closed
        ) limit 1;
    if found then
        perform public.ledger_refuse_account(unknown, p_currency);
    end if;
    select array_agg(f.first_revoke order by f.n) into first_revokes from (
        select i.n, min(i.n) filter (where i.kind = 'revoke') over (partition by i.account_id) as first_revoke
        from unnest(p_accounts, p_kinds) with ordinality i (account_id, kind, n)
    ) f;
    with kept as (
        insert into public.ledger_posting (
            occurred_at, recorded_at, requested, account_id, posting_id, actor_id, source_id, idem_key, request_hash,
            kind, currency, origin, actor_kind, source_type
        )
        select i.occurred_at, p_recorded_at, i.amount, i.account_id, i.posting_id, p_actor_id, i.source_id, i.idem_key,
                i.request_hash, 'earn', p_currency, p_origin, p_actor_kind, p_source_type
            from unnest(p_accounts, p_keys, p_hashes, p_postings, p_amounts, p_occurred, p_sources, first_revokes)
                with ordinality i (account_id, idem_key, request_hash, posting_id, amount, occurred_at, source_id,
                    first_revoke, n)
            where i.n < i.first_revoke or i.first_revoke is null
            order by i.account_id, i.idem_key
        on conflict do nothing
        returning posting_id
    )
    select coalesce(array_agg(kept.posting_id), '{}') into fresh from kept;
    perform from public.ledger_balance b
        where b.currency = p_currency and b.account_id in (select unnest(p_accounts))
        order by b.account_id for update;
    return query
    with earned as (
        select i.*, b.posted - b.held as member, b.owed, b.version,
                row_number() over so_far as place, (sum(i.amount) over so_far)::bigint as running
            from unnest(p_accounts, p_postings, p_amounts, p_occurred, p_expires, p_rule_versions, p_fundings,
                    p_unit_costs, p_partners, p_stores)
                with ordinality i (account_id, posting_id, amount, occurred_at, expires_at, rule_version_id, funding,
                    unit_cost, partner_id, store_id, n)
            join unnest(fresh) f (posting_id) on f.posting_id = i.posting_id
            join public.ledger_balance b on b.account_id = i.account_id and b.currency = p_currency
            window so_far as (partition by i.account_id order by i.n)
    ), filled as (
        select *, greatest(least(owed - (running - amount), amount), 0) as fill from earned
    ), lots as (
        insert into public.ledger_lot (
            amount, remaining, earned_at, expires_at, unit_cost, account_id, lot_id, partner_id, rule_version_id,
            currency, funding, is_open
        )
        select amount - fill, amount - fill, occurred_at, expires_at, unit_cost, account_id, posting_id, partner_id,
                rule_version_id, p_currency, funding, true
            from filled where amount > fill
    ), entries as (
        insert into public.ledger_entry (
            occurred_at, recorded_at, amount, balance_after, unit_cost, version, account_id, posting_id, lot_id,
            partner_id, store_id, rule_version_id, seq, code, currency, funding
        )
        select e.occurred_at, p_recorded_at, leg.amount, leg.balance_after, e.unit_cost, e.version + e.place,
                e.account_id, e.posting_id, leg.lot_id, e.partner_id, e.store_id, e.rule_version_id, leg.seq, leg.code,
                p_currency, e.funding
            from filled e cross join lateral (values
                (0, 'issuance', -e.fill, null::bigint, null::uuid),
                (1, 'member', e.fill, e.member + e.running - e.amount + e.fill, null),
                (2, 'issuance', e.fill - e.amount, null, e.posting_id),
                (3, 'member', e.amount - e.fill, e.member + e.running, e.posting_id)
            ) leg (seq, code, amount, balance_after, lot_id)
            where leg.amount <> 0
    ), balances as (
        update public.ledger_balance b
            set posted = b.posted + t.amount, owed = b.owed - t.fill, version = b.version + t.postings
            from (
                select account_id, sum(amount) as amount, sum(fill) as fill, count(*) as postings
                from filled group by account_id
            ) t
            where b.account_id = t.account_id and b.currency = p_currency
    )
    select n, 'posted', posting_id, amount, member + running, 0::bigint, 0::bigint, 0::bigint from filled;
    return query
    select i.n, case when p.request_hash = i.request_hash then 'replayed' else 'idempotency_key_reused' end,
            p.posting_id, null::bigint, null::bigint, null::bigint, null::bigint, null::bigint
        from unnest(p_accounts, p_keys, p_hashes, p_postings, first_revokes)
            with ordinality i (account_id, idem_key, request_hash, posting_id, first_revoke, n)
        join public.ledger_posting p on p.account_id = i.account_id and p.idem_key = i.idem_key
        where (i.n < i.first_revoke or i.first_revoke is null) and i.posting_id <> all (fresh);
    for r in
        select i.n, i.account_id from unnest(p_accounts, first_revokes) with ordinality i (account_id, first_revoke, n)
        where i.n >= i.first_revoke order by i.account_id, i.n
    loop
        n := r.n;
        begin
            select case when o.replayed then 'replayed' else 'posted' end, o.posting_id, o.amount, o.balance,
                    o.shortfall, o.already_expired, o.uncollected
                into status, posting_id, amount, balance, shortfall, already_expired, uncollected
                from public.ledger_post_entry(r.account_id, row(
                    p_keys[n], p_hashes[n], p_postings[n], p_kinds[n], p_currency, p_amounts[n], p_occurred[n],
                    p_recorded_at, p_partners[n], p_stores[n], p_actor_kind, p_actor_id, p_origin, p_source_type,
                    p_sources[n], '', public.ledger_posting_under(r.account_id, p_target_keys[n]), null,
                    p_policies[n], null,
                    case when p_kinds[n] = 'earn' then array[row(
                        p_postings[n], p_amounts[n], p_occurred[n], p_expires[n], p_partners[n], p_rule_versions[n],
                        p_fundings[n], p_unit_costs[n]
                    )::public.ledger_part] end
                )::public.ledger_request) o;
        exception when sqlstate 'FL001' then
            status := sqlerrm; -- the stable code; nothing of this row remains, the others stand
            posting_id := null; amount := null; balance := null;
            shortfall := null; already_expired := null; uncollected := null;
        end;
        return next;
    end loop;
end $$;

-- The posting under a key; a key that is given and unknown is refused.
create function public.ledger_posting_under(p_account uuid, p_key text) returns uuid
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    found_id uuid;
begin
    select posting_id into found_id from public.ledger_posting where account_id = p_account and idem_key = p_key;
    if not found and p_key is not null then
        perform public.ledger_refuse('unknown_posting', jsonb_build_object('key', p_key));
    end if;
    return found_id;
end $$;
