-- The life of points: promised, come to life, given up, let live on, and back after their end.

create function public.ledger_plan_of_life(p_account uuid, p public.ledger_request, b public.ledger_balance)
returns public.ledger_move[]
language plpgsql as $$
begin
    if p.kind = 'pend' then
        return public.ledger_plan_pend(p);
    elsif p.kind = 'activate' then
        return public.ledger_plan_cancellation(p_account, p) || public.ledger_plan_put(p_account, p, b);
    elsif p.kind = 'cancel' then
        return public.ledger_plan_cancellation(p_account, p);
    elsif p.kind = 'reinstate' then
        return public.ledger_plan_reinstatement(p_account, p, b);
    end if;
    return '{}'; -- extend: it moves nothing, ledger_let_live does the rest
end $$;

create function public.ledger_plan_pend(p public.ledger_request) returns public.ledger_move[]
language plpgsql as $$
declare
    part public.ledger_part;
    moves public.ledger_move[] := '{}';
begin
    foreach part in array p.parts loop
        moves := moves || row('promise', 'pending', part.amount, part.lot_id, part.rule_version_id, part.funding,
            part.unit_cost)::public.ledger_move;
    end loop;
    return moves;
end $$;

-- What is promised under a target: the posting that promised it, or one of its lots. Refuse when nothing waits any more.
create function public.ledger_pending_of(p_account uuid, p public.ledger_request)
returns setof public.ledger_pending
language plpgsql as $$
begin
    return query select * from public.ledger_pending
        where account_id = p_account and currency = p.currency and is_open
            and (posting_id = p.target_id or lot_id = p.target_id)
        order by lot_id;
    if not found then
        perform public.ledger_refuse('nothing_pending', jsonb_build_object('posting_id', p.target_id));
    end if;
end $$;

-- The lots that come to life. Their life begins now: expires_at is what the request says, or was reckoned beforehand.
create function public.ledger_parts_to_activate(p_account uuid, p public.ledger_request) returns public.ledger_part[]
language plpgsql as $$
declare
    parts public.ledger_part[];
begin
    select array_agg(row(w.lot_id, w.remaining, p.occurred_at, coalesce(p.lives_until, w.expires_at), w.partner_id,
            w.rule_version_id, w.funding, w.unit_cost)::public.ledger_part order by w.lot_id)
        into parts from public.ledger_pending_of(p_account, p) w;
    return parts;
end $$;

-- What was promised is so no longer: it is given up, or comes to life by the moves that follow.
create function public.ledger_plan_cancellation(p_account uuid, p public.ledger_request) returns public.ledger_move[]
language plpgsql as $$
declare
    w public.ledger_pending;
    moves public.ledger_move[] := '{}';
begin
    for w in select * from public.ledger_pending_of(p_account, p) loop
        moves := moves || row('pending', 'promise', w.remaining, w.lot_id, w.rule_version_id, w.funding,
            w.unit_cost)::public.ledger_move;
    end loop;
    return moves;
end $$;

-- What a revoke finds of its own lots still promised.
create function public.ledger_take_from_pending(
    p_account uuid, p public.ledger_request, p_wanted bigint, p_lots uuid[]
) returns public.ledger_move[]
language plpgsql as $$
declare
    w public.ledger_pending;
    missing bigint := p_wanted;
    part bigint;
    moves public.ledger_move[] := '{}';
begin
    for w in
        select * from public.ledger_pending
        where account_id = p_account and lot_id = any (p_lots) and currency = p.currency and is_open
        order by lot_id
    loop
        exit when missing = 0;
        part := least(missing, w.remaining);
        moves := moves || row('pending', 'promise', part, w.lot_id, w.rule_version_id, w.funding,
            w.unit_cost)::public.ledger_move;
        missing := missing - part;
    end loop;
    return moves;
end $$;

create function public.ledger_write_pending(p_account uuid, p public.ledger_request, m public.ledger_move) returns void
language plpgsql as $$
declare
    part public.ledger_part;
    change bigint := case when m.to_code = 'pending' then m.amount else -m.amount end;
begin
    if p.kind <> 'pend' then
        update public.ledger_pending set remaining = remaining + change, is_open = remaining + change > 0
            where account_id = p_account and lot_id = m.lot_id;
        return;
    end if;
    foreach part in array p.parts loop
        continue when part.lot_id <> m.lot_id;
        insert into public.ledger_pending (
            amount, remaining, pended_at, activates_at, cancels_at, expires_at, unit_cost, account_id, lot_id,
            posting_id, partner_id, rule_version_id, currency, funding, is_open
        ) values (
            m.amount, m.amount, p.occurred_at, p.activates_at, p.cancels_at, part.expires_at, m.unit_cost, p_account,
            m.lot_id, p.posting_id, part.partner_id, m.rule_version_id, p.currency, m.funding, true
        ) on conflict (account_id, lot_id) do update -- it had gone to a pool, and comes back
            set remaining = excluded.remaining, is_open = true, posting_id = excluded.posting_id,
                activates_at = excluded.activates_at, cancels_at = excluded.cancels_at;
    end loop;
end $$;

-- What was pending and has come to life by now does so before anything else is decided, at its own moment.
create function public.ledger_activate_ripe(p_account uuid, p public.ledger_request, b public.ledger_balance)
returns public.ledger_balance
language plpgsql as $$
begin
    perform public.ledger_end_pending(p_account, p.currency, p.occurred_at, p.recorded_at);
    select * into b from public.ledger_balance where account_id = p_account and currency = p.currency;
    return b;
end $$;

-- Under the lock of the balance: activate what is ripe, give up what has waited in vain; return how many lots.
create function public.ledger_end_pending(
    p_account uuid, p_currency text, p_occurred_at timestamptz, p_recorded_at timestamptz
) returns bigint
language plpgsql as $$
declare
    w public.ledger_pending;
    r public.ledger_request;
    written bigint := 0;
    verb text;
begin
    for w in
        select * from public.ledger_pending
        where account_id = p_account and currency = p_currency and is_open
            and (activates_at <= p_occurred_at or cancels_at <= p_occurred_at)
        order by coalesce(activates_at, cancels_at), lot_id
    loop
        verb := case when w.activates_at <= p_occurred_at then 'activate' else 'cancel' end;
        r := public.ledger_request_of_the_clock(
            verb, 'clock:' || verb || ':' || w.lot_id || ':' || w.posting_id, w.lot_id, p_currency,
            coalesce(w.activates_at, w.cancels_at), p_recorded_at);
        select p.source_type, p.source_id into r.source_type, r.source_id from public.ledger_posting p
            where p.account_id = p_account and p.posting_id = w.posting_id;
        perform public.ledger_post_entry(p_account, r);
        written := written + 1;
    end loop;
    return written;
end $$;

-- The sweeper of what is pending; like that of what is due it never waits for an account that somebody has locked.
create function public.ledger_activate_due(p_at timestamptz, p_limit integer)
returns table (account_id uuid, currency text, lots bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
#variable_conflict use_column
declare
    due record;
begin
    for due in
        select account_id, currency from (
            (select account_id, currency from public.ledger_pending
                where is_open and activates_at <= p_at order by activates_at, account_id limit p_limit)
            union all
            (select account_id, currency from public.ledger_pending
                where is_open and cancels_at <= p_at order by cancels_at, account_id limit p_limit)
        ) candidates
        group by account_id, currency
        order by account_id, currency
    loop
        perform from public.ledger_balance
            where account_id = due.account_id and currency = due.currency for update skip locked;
        continue when not found;
        account_id := due.account_id;
        currency := due.currency;
        lots := public.ledger_end_pending(due.account_id, due.currency, p_at, p_at);
        return next;
    end loop;
end $$;

-- An activity, or a person, lets points live on: never shorter, and not what has died by then.
create function public.ledger_let_live(p_account uuid, p public.ledger_request) returns void
language plpgsql as $$
begin
    update public.ledger_lot set expires_at = p.lives_until
        where account_id = p_account and currency = p.currency
            and (is_open or exists ( -- what a hold has taken out goes back to its lot one day
                select from public.ledger_hold where account_id = p_account and state = 'open'))
            and expires_at > p.occurred_at and expires_at < p.lives_until
            and (p.kind <> 'extend' or p.target_id is null or lot_id = p.target_id);
end $$;

-- What expired since a moment comes back to its lots, which live on until the one the request names; what is due and not
-- yet swept simply lives on.
create function public.ledger_plan_reinstatement(p_account uuid, p public.ledger_request, b public.ledger_balance)
returns public.ledger_move[]
language plpgsql as $$
declare
    lot public.ledger_lot;
    expired bigint;
    moves public.ledger_move[] := '{}';
    living bigint := 0;
begin
    for lot in
        select * from public.ledger_lot
        where account_id = p_account and currency = p.currency and expires_at >= p.since
            and expires_at <= p.occurred_at
        order by expires_at, earned_at, lot_id
    loop
        select coalesce(sum(amount), 0) into expired from public.ledger_entry
            where account_id = p_account and code = 'breakage' and lot_id = lot.lot_id;
        continue when expired = 0 and lot.remaining = 0;
        living := living + lot.remaining;
        update public.ledger_lot set expires_at = p.lives_until where account_id = p_account and lot_id = lot.lot_id;
        if expired > 0 then
            moves := moves || row('breakage', 'member', expired, lot.lot_id, lot.rule_version_id, lot.funding,
                lot.unit_cost)::public.ledger_move;
        end if;
    end loop;
    if moves = '{}' and living = 0 then
        perform public.ledger_refuse('nothing_expired', jsonb_build_object('since', p.since));
    end if;
    return public.ledger_fill_owed(p_account, b.owed, p.occurred_at, moves);
end $$;
