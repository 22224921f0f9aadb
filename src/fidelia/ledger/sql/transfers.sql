-- Two linked postings through clearing. The balances are locked in the order of their keys, so two opposite transfers
-- at once cannot wait for each other; each lot keeps its identity, expiry, cost and funding.
create function public.ledger_transfer(p_from uuid, p_to uuid, p public.ledger_request, p_posting_in uuid)
returns setof public.ledger_outcome
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    r public.ledger_request := p;
begin
    perform public.ledger_lock_both(p_from, p_to, p.currency);
    r.kind := 'transfer_out';
    r.source_id := p_to;
    return next public.ledger_post_entry(p_from, r);
    -- A lot that restarts is another lot: what remains with the giver keeps its own end.
    select array_agg(row(
            case when p.policy = 'restart' then md5(lot.lot_id::text || p_posting_in::text)::uuid else lot.lot_id end,
            -e.amount, case when p.policy = 'restart' then p.occurred_at else lot.earned_at end,
            case when p.policy = 'restart' then p.lives_until else lot.expires_at end, lot.partner_id,
            lot.rule_version_id, lot.funding, lot.unit_cost)::public.ledger_part order by e.seq)
        into r.parts
        from public.ledger_entry e
        join public.ledger_lot lot on lot.account_id = p_from and lot.lot_id = e.lot_id
        where e.account_id = p_from and e.occurred_at = p.occurred_at and e.posting_id = p.posting_id
            and e.code = 'member';
    r.kind := 'transfer_in';
    r.source_id := p_from;
    r.posting_id := p_posting_in;
    return next public.ledger_post_entry(p_to, r);
end $$;

create function public.ledger_lock_both(p_one uuid, p_other uuid, p_currency text) returns void
language plpgsql as $$
begin
    perform from public.ledger_balance
        where account_id in (p_one, p_other) and currency = p_currency order by account_id for update;
end $$;

-- Undo a transfer: both legs are reversed, the points leaving first the account that had received them.
create function public.ledger_reverse_transfer(p_from uuid, p_to uuid, p public.ledger_request, p_posting_in uuid)
returns setof public.ledger_outcome
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    r public.ledger_request := p;
begin
    perform public.ledger_lock_both(p_from, p_to, p.currency);
    select posting_id into r.target_id from public.ledger_posting
        where account_id = p_to and link_id = p.link_id and kind = 'transfer_in';
    r.posting_id := p_posting_in;
    r.source_id := p_from;
    return next public.ledger_post_entry(p_to, r);
    r := p;
    select posting_id into r.target_id from public.ledger_posting
        where account_id = p_from and link_id = p.link_id and kind = 'transfer_out';
    r.source_id := p_to;
    return next public.ledger_post_entry(p_from, r);
end $$;
