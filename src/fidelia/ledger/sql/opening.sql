-- Opening balances: points that a member brings along from another programme. One posting, and one lot with its identity,
-- for each date on which some of them die; the other leg is the account code `opening`, so that they are neither issued
-- by this programme nor counted towards its tiers.
create function public.ledger_open_in_bulk(
    p_accounts uuid[], p_keys text[], p_hashes bytea[], p_postings uuid[], p_amounts bigint[], p_occurred timestamptz[],
    p_earned timestamptz[], p_expires timestamptz[], p_fundings text[], p_unit_costs bigint[], p_partners uuid[],
    p_currency text, p_recorded_at timestamptz, p_actor_kind text, p_actor_id uuid, p_origin text, p_source_type text,
    p_source_id uuid
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
        select i.occurred_at, p_recorded_at, i.amount, i.account_id, i.posting_id, p_actor_id, p_source_id, i.idem_key,
                i.request_hash, 'open', p_currency, p_origin, p_actor_kind, p_source_type
            from unnest(p_accounts, p_keys, p_hashes, p_postings, p_amounts, p_occurred)
                i (account_id, idem_key, request_hash, posting_id, amount, occurred_at)
            order by i.account_id, i.idem_key
        on conflict do nothing
        returning posting_id
    )
    select coalesce(array_agg(kept.posting_id), '{}') into fresh from kept;
    perform public.ledger_lock_all(p_accounts, p_currency);
    return query
    select w.n, 'posted', w.posting_id, w.amount, w.balance, 0::bigint, 0::bigint, 0::bigint
        from public.ledger_write_earns(
            fresh, p_accounts, p_postings, p_amounts, p_occurred, p_earned, p_expires, null, p_fundings, p_unit_costs,
            p_partners, null, p_currency, p_recorded_at, 'opening') w;
    return query select * from public.ledger_replays_in_bulk(fresh, p_accounts, p_keys, p_hashes, p_postings);
end $$;
