-- The sweeper: writes down what time has done already. It never waits for an account that somebody else has locked
-- (SKIP LOCKED) and leaves it for its next round. Each expiry is dated by its lot, so that reports by date do not
-- depend on when the sweeper ran.
create function public.ledger_expire_due(p_at timestamptz, p_limit integer) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select coalesce(sum(lots), 0) from public.ledger_lapse_due(p_at, p_limit));
end $$;

-- The same, told by currency: how many lots, what remained of them, and the instant of the last.
create function public.ledger_lapse_due(p_at timestamptz, p_limit integer)
returns table (currency text, lots bigint, amount bigint, latest timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    due record;
    gone record;
    told jsonb := '{}';
    known jsonb;
begin
    for due in
        select account_id, currency from (
            (select account_id, currency from public.ledger_lot
                where is_open and expires_at <= p_at order by expires_at, account_id limit p_limit)
            union all
            (select account_id, currency from public.ledger_hold
                where state = 'open' and expires_at <= p_at order by expires_at, account_id limit p_limit)
        ) candidates
        group by account_id, currency
        order by account_id, currency
    loop
        select * into gone from public.ledger_expire_lots(due.account_id, due.currency, p_at);
        if gone.written > 0 then
            known := coalesce(told -> due.currency, '{"lots": 0, "amount": 0}');
            told := told || jsonb_build_object(due.currency, jsonb_build_object(
                'lots', (known ->> 'lots')::bigint + gone.written,
                'amount', (known ->> 'amount')::bigint + gone.lapsed,
                'latest', greatest((known ->> 'latest')::timestamptz, gone.latest)));
        end if;
    end loop;
    return query select one.key, (one.value ->> 'lots')::bigint, (one.value ->> 'amount')::bigint,
        (one.value ->> 'latest')::timestamptz from jsonb_each(told) one order by one.key;
end $$;

-- One account brought up to date: what is ripe comes to life, what is due expires.
create function public.ledger_settle_account(p_account uuid, p_currency text, p_at timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select written from public.ledger_settle_lots(p_account, p_currency, p_at));
end $$;

create function public.ledger_settle_lots(
    p_account uuid, p_currency text, p_at timestamptz, out written bigint, out lapsed bigint, out latest timestamptz
) language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
begin
    perform from public.ledger_balance where account_id = p_account and currency = p_currency for update;
    perform public.ledger_end_pending(p_account, p_currency, p_at, p_at);
    select * into written, lapsed, latest from public.ledger_expire_lots(p_account, p_currency, p_at);
end $$;

create function public.ledger_expire_account(p_account uuid, p_currency text, p_at timestamptz) returns bigint
language plpgsql as $$
begin
    return (select written from public.ledger_expire_lots(p_account, p_currency, p_at));
end $$;

create function public.ledger_expire_lots(
    p_account uuid, p_currency text, p_at timestamptz, out written bigint, out lapsed bigint, out latest timestamptz
) language plpgsql as $$
declare
    b public.ledger_balance;
    lot public.ledger_lot;
begin
    written := 0;
    lapsed := 0;
    select * into b from public.ledger_balance
        where account_id = p_account and currency = p_currency for update skip locked;
    if not found then
        return;
    end if;
    if b.held > 0 then
        perform public.ledger_release_expired_holds(p_account, public.ledger_request_of_the_clock(
            'release', '-', null, p_currency, p_at, p_at), b);
    end if;
    -- Now that the lock is ours: a later statement, which sees the burns that were committed before it.
    for lot in
        select * from public.ledger_lot
        where account_id = p_account and currency = p_currency and is_open and expires_at <= p_at
        order by expires_at, earned_at, lot_id
    loop
        select * into b from public.ledger_balance where account_id = p_account and currency = p_currency;
        perform public.ledger_post_entry(p_account, public.ledger_request_of_the_clock(
            'expire', 'clock:expire:' || lot.lot_id || ':' || b.version, lot.lot_id, p_currency,
            lot.expires_at, p_at));
        written := written + 1;
        lapsed := lapsed + lot.remaining;
        latest := greatest(latest, lot.expires_at);
    end loop;
end $$;
