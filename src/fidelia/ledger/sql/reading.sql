-- The balance at a moment not before its last change: what is stored, less what time has done since. Lots that are due
-- are no longer there; holds whose time is up are free again, but for what they kept of due lots; what was pending is
-- there from its moment on.
create function public.ledger_balance_of(p_account uuid, p_currency text, p_at timestamptz) returns table (
    posted bigint, held bigint, owed bigint, due bigint, available bigint, version bigint, may_go_negative boolean,
    is_closed boolean, pending bigint
)
language sql stable as $$
    select b.posted, b.held - freed.amount, b.owed, dead.amount + freed.due,
            b.posted - b.held + freed.amount - dead.amount - freed.due + ripe.amount, b.version, b.may_go_negative,
            b.is_closed, waiting.amount
        from public.ledger_balance b
        cross join lateral (
            select coalesce(sum(l.remaining), 0)::bigint as amount from public.ledger_lot l
            where l.account_id = b.account_id and l.currency = b.currency and l.is_open and l.expires_at <= p_at
        ) dead
        cross join lateral (
            select coalesce(sum(e.amount), 0)::bigint as amount,
                    coalesce(sum(e.amount) filter (where l.expires_at <= p_at), 0)::bigint as due
                from public.ledger_hold h
                join public.ledger_entry e on e.account_id = h.account_id and e.occurred_at = h.held_at
                    and e.posting_id = h.hold_id and e.code = 'held'
                join public.ledger_lot l on l.account_id = e.account_id and l.lot_id = e.lot_id
                where b.held > 0 and h.account_id = b.account_id and h.currency = b.currency and h.state = 'open'
                    and h.expires_at <= p_at
        ) freed
        cross join lateral ( -- has come to life and, unless its life is over too, is there
            select coalesce(sum(w.remaining), 0)::bigint as amount from public.ledger_pending w
            where b.pending > 0 and w.account_id = b.account_id and w.currency = b.currency and w.is_open
                and w.activates_at <= p_at and (w.expires_at is null or w.expires_at > p_at)
        ) ripe
        cross join lateral (
            select coalesce(sum(w.remaining), 0)::bigint as amount from public.ledger_pending w
            where b.pending > 0 and w.account_id = b.account_id and w.currency = b.currency and w.is_open
                and (w.activates_at is null or w.activates_at > p_at) and (w.cancels_at is null or w.cancels_at > p_at)
        ) waiting
        where b.account_id = p_account and b.currency = p_currency
$$;
