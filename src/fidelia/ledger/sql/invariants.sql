-- What must never be: this view is empty, always, in every database (tests, `fidelia doctor --ledger`, a metric).
create view public.ledger_broken (account_id, currency, posting_id, invariant, detail) as
with entries as (
    select account_id, currency,
            sum(amount) filter (where code in ('member', 'held')) as posted,
            coalesce(sum(amount) filter (where code = 'held'), 0) as held,
            coalesce(-sum(amount) filter (where code = 'member' and lot_id is null), 0) as owed,
            coalesce(sum(amount) filter (where code = 'pending'), 0) as pending,
            max(version) as version,
            count(distinct version) as versions
        from public.ledger_entry group by account_id, currency
), lots as (
    select account_id, currency, sum(remaining) as remaining from public.ledger_lot group by account_id, currency
), promised as (
    select account_id, currency, sum(remaining) as remaining from public.ledger_pending group by account_id, currency
), holds as (
    select account_id, currency, sum(amount) as held from public.ledger_hold where state = 'open'
        group by account_id, currency
), chain as (
    select account_id, currency, posting_id, balance_after,
            sum(amount) over (partition by account_id, currency, code order by version, seq) as running
        from public.ledger_entry where code in ('member', 'held', 'pending')
)
select account_id, currency, posting_id, 'the entries of a posting sum to zero', sum(amount)::text
    from public.ledger_entry group by account_id, currency, posting_id having sum(amount) <> 0
union all
select b.account_id, b.currency, null, 'the balance is the sum of its entries',
        format('posted %s held %s owed %s, entries %s %s %s', b.posted, b.held, b.owed, e.posted, e.held, e.owed)
    from public.ledger_balance b left join entries e using (account_id, currency)
    where (b.posted, b.held, b.owed) <> (coalesce(e.posted, 0), coalesce(e.held, 0), coalesce(e.owed, 0))
union all
select b.account_id, b.currency, null, 'the balance is what its lots hold, less what is owed',
        format('posted %s held %s owed %s, lots %s', b.posted, b.held, b.owed, l.remaining)
    from public.ledger_balance b left join lots l using (account_id, currency)
    where b.posted - b.held + b.owed <> coalesce(l.remaining, 0)
union all
select b.account_id, b.currency, null, 'what is held is the sum of the open holds',
        format('%s, holds %s', b.held, h.held)
    from public.ledger_balance b left join holds h using (account_id, currency)
    where b.held <> coalesce(h.held, 0)
union all
select account_id, currency, posting_id, 'an entry moves something, under a known code', format('%s %s', code, amount)
    from public.ledger_entry
    where amount = 0 or code not in (
        'member', 'held', 'pending', 'promise', 'issuance', 'redemption', 'breakage', 'adjustment', 'opening', 'clearing'
    )
union all
select account_id, currency, posting_id, 'a posting has a known kind and origin', format('%s %s', kind, origin)
    from public.ledger_posting
    where origin not in ('live', 'late', 'backfill', 'simulation') or kind not in (
        'earn', 'pend', 'activate', 'cancel', 'extend', 'reinstate', 'redeem', 'give_back', 'hold', 'capture', 'release', 'revoke', 'adjust', 'open', 'transfer_out', 'transfer_in',
        'expire', 'reverse'
    )
union all
select account_id, currency, null, 'a lot is the sum of its entries',
        format('lot %s: %s, entries %s', lot_id, l.remaining, e.moved)
    from public.ledger_lot l full join (
        select account_id, currency, lot_id, sum(amount) as moved from public.ledger_entry
            where code = 'member' and lot_id is not null group by account_id, currency, lot_id
    ) e using (account_id, currency, lot_id)
    where l.remaining is distinct from coalesce(e.moved, 0)
union all
select b.account_id, b.currency, null, 'what is pending is the sum of its entries, and of what is promised',
        format('%s, entries %s, promised %s', b.pending, e.pending, p.remaining)
    from public.ledger_balance b left join entries e using (account_id, currency)
    left join promised p using (account_id, currency)
    where (b.pending, b.pending) <> (coalesce(e.pending, 0), coalesce(p.remaining, 0))
union all
select account_id, currency, null, 'what is promised is the sum of its entries',
        format('lot %s: %s, entries %s', lot_id, l.remaining, e.moved)
    from public.ledger_pending l full join (
        select account_id, currency, lot_id, sum(amount) as moved from public.ledger_entry
            where code = 'pending' group by account_id, currency, lot_id
    ) e using (account_id, currency, lot_id)
    where l.remaining is distinct from coalesce(e.moved, 0)
union all
select account_id, currency, posting_id, 'each balance_after follows from the one before',
        format('%s, sum %s', balance_after, running)
    from chain where balance_after is distinct from running
union all
select b.account_id, b.currency, null, 'no version of a balance is missing',
        format('%s, entries %s of %s', b.version, e.versions, e.version)
    from public.ledger_balance b left join entries e using (account_id, currency)
    where (b.version, b.version) <> (coalesce(e.version, 0), coalesce(e.versions, 0))
union all
select null, e.currency, null, 'clearing is zero for each link', format('link %s: %s', p.link_id, sum(e.amount))
    from public.ledger_entry e
    join public.ledger_posting p on p.account_id = e.account_id and p.posting_id = e.posting_id
    where e.code = 'clearing' group by e.currency, p.link_id having sum(e.amount) <> 0
union all
select e.account_id, e.currency, e.posting_id, 'every entry has its posting and its balance', e.seq::text
    from public.ledger_entry e
    left join public.ledger_posting p on p.account_id = e.account_id and p.posting_id = e.posting_id
        and p.occurred_at = e.occurred_at and p.recorded_at = e.recorded_at and p.currency = e.currency
    left join public.ledger_balance b on b.account_id = e.account_id and b.currency = e.currency
    where p.account_id is null or b.account_id is null
union all
select p.account_id, p.currency, p.posting_id, 'every posting moved something or says why not', p.kind
    from public.ledger_posting p
    where not exists (
            select from public.ledger_entry e where e.account_id = p.account_id and e.posting_id = p.posting_id
        )
        and p.kind not in ('extend', 'reinstate')
        and not (p.kind in ('revoke', 'adjust') and p.already_expired + p.uncollected = abs(p.requested))
        and not (p.kind = 'reverse' and not exists (
            select from public.ledger_entry e where e.account_id = p.account_id and e.posting_id = p.target_id
        ))
union all
select l.account_id, l.currency, null, 'every lot and hold belongs to a balance', l.id::text
    from (
        select account_id, currency, lot_id as id from public.ledger_lot
        union all select account_id, currency, hold_id from public.ledger_hold
        union all select account_id, currency, lot_id from public.ledger_pending
    ) l left join public.ledger_balance b using (account_id, currency) where b.account_id is null
union all
select p.account_id, p.currency, p.posting_id, 'what is reversed exists', p.target_id::text
    from public.ledger_posting p
    left join public.ledger_posting t on t.account_id = p.account_id and t.posting_id = p.target_id
    where p.kind = 'reverse' and t.account_id is null;

revoke insert, update, delete, truncate on public.ledger_broken from fidelia_app;
