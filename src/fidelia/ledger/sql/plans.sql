-- What each kind of posting means: plans of movements, made under the lock of the balance, in FIFO order
-- (expires_at, then earned_at, then lot_id; what never expires comes last). A lot whose expires_at has come is due:
-- it is no longer there to spend, whether or not the sweeper has been.

-- Points come in: each part is a lot, after what is owed has been filled.
create function public.ledger_plan_put(p_account uuid, p public.ledger_request, b public.ledger_balance)
returns public.ledger_move[]
language plpgsql as $$
declare
    part public.ledger_part;
    moves public.ledger_move[] := '{}';
    counter constant text := public.ledger_counter_of(p.kind);
begin
    foreach part in array p.parts loop
        moves := moves || row(counter, 'member', part.amount, part.lot_id, part.rule_version_id, part.funding,
            part.unit_cost)::public.ledger_move;
    end loop;
    if b.owed = 0 then
        return moves;
    end if;
    return public.ledger_fill_owed(p_account, b.owed, p.occurred_at, moves);
end $$;

-- Of the points that come to the member, those that fill what is owed belong to no lot. Due points fill nothing.
create function public.ledger_fill_owed(
    p_account uuid, p_owed bigint, p_occurred_at timestamptz, moves public.ledger_move[]
) returns public.ledger_move[]
language plpgsql as $$
declare
    m public.ledger_move;
    filled public.ledger_move[] := '{}';
    owed bigint := p_owed;
    fill bigint;
begin
    if owed = 0 then
        return moves;
    end if;
    foreach m in array moves loop
        fill := least(owed, m.amount);
        if m.to_code <> 'member' or m.lot_id is null
            or public.ledger_lot_is_due(p_account, m.lot_id, p_occurred_at)
        then
            fill := 0;
        end if;
        if fill > 0 then
            filled := filled || row(m.from_code, m.to_code, fill, null, m.rule_version_id, m.funding,
                m.unit_cost)::public.ledger_move;
        end if;
        if m.amount > fill then
            m.amount := m.amount - fill;
            filled := filled || m;
        end if;
        owed := owed - fill;
    end loop;
    return filled;
end $$;

create function public.ledger_lot_is_due(p_account uuid, p_lot uuid, p_at timestamptz) returns boolean
language sql stable as $$
    select exists (
        select from public.ledger_lot where account_id = p_account and lot_id = p_lot and expires_at <= p_at
    )
$$;

-- Points go out, oldest first; all that is available when no amount is asked for. Never below zero.
create function public.ledger_plan_take(p_account uuid, p public.ledger_request, b public.ledger_balance)
returns public.ledger_move[]
language plpgsql as $$
declare
    wanted bigint := p.amount;
    taken record;
begin
    if wanted is null or b.owed > 0 then
        wanted := public.ledger_check_available(p_account, p, b);
    end if;
    taken := public.ledger_take_from_lots(p_account, p, wanted, null, null);
    if taken.missing > 0 then
        perform public.ledger_check_available(p_account, p, b);
    end if;
    return taken.moves;
end $$;

-- Movements out of the open lots that are not due, until the amount is reached; `missing` is what was not found.
-- With p_lots, of the lots in it (p_inside) or of those not in it.
create function public.ledger_take_from_lots(
    p_account uuid, p public.ledger_request, p_wanted bigint, p_lots uuid[], p_inside boolean,
    out moves public.ledger_move[], out missing bigint
)
language plpgsql as $$
declare
    lot public.ledger_lot;
    part bigint;
    counter constant text := public.ledger_counter_of(p.kind);
begin
    moves := '{}';
    missing := p_wanted;
    for lot in
        select * from public.ledger_lot
        where account_id = p_account and currency = p.currency and is_open
            and (expires_at is null or expires_at > p.occurred_at)
            and (p_lots is null or (lot_id = any (p_lots)) = p_inside)
        order by expires_at, earned_at, lot_id
    loop
        exit when missing = 0;
        part := least(missing, lot.remaining);
        moves := moves || row('member', counter, part, lot.lot_id, lot.rule_version_id, lot.funding,
            lot.unit_cost)::public.ledger_move;
        missing := missing - part;
    end loop;
end $$;

-- What can be taken at that moment (the amount asked for, or else everything); refuse when it is less than asked.
create function public.ledger_check_available(p_account uuid, p public.ledger_request, b public.ledger_balance)
returns bigint
language plpgsql as $$
declare
    available bigint;
begin
    select coalesce(sum(remaining), 0) - b.owed into available from public.ledger_lot
        where account_id = p_account and currency = p.currency and is_open
            and (expires_at is null or expires_at > p.occurred_at);
    if available < coalesce(abs(p.amount), 1) then
        perform public.ledger_refuse('insufficient_points', jsonb_build_object(
            'currency', p.currency, 'requested', abs(p.amount), 'available', available));
    end if;
    return coalesce(abs(p.amount), available);
end $$;

-- Points are taken back: from the lots of the posting that brought them, then oldest first, then below zero or not at
-- all, as the policy says. What had already expired of its own lots is not taken a second time. The posting says it.
create function public.ledger_plan_take_back(p_account uuid, p public.ledger_request, b public.ledger_balance)
returns public.ledger_move[]
language plpgsql as $$
declare
    own uuid[] := '{}';
    expired bigint := 0;
    wanted bigint := abs(p.amount);
    from_pending public.ledger_move[] := '{}';
    from_own record;
    from_others record;
    missing bigint;
    moves public.ledger_move[] := '{}';
begin
    if p.target_id is not null then
        own := public.ledger_lots_brought_by(p_account, p);
        expired := public.ledger_expired_of(p_account, p, own);
        from_pending := public.ledger_take_from_pending(p_account, p, wanted, own);
        wanted := wanted - coalesce((select sum(m.amount) from unnest(from_pending) m), 0);
    end if;
    if p.policy = 'only_pending' then
        expired := least(expired, wanted);
        missing := wanted - expired;
    else
        from_own := public.ledger_take_from_lots(p_account, p, wanted, own, true);
        expired := least(expired, from_own.missing);
        from_others := public.ledger_take_from_lots(p_account, p, from_own.missing - expired, own, false);
        missing := from_others.missing;
        moves := from_own.moves || from_others.moves;
    end if;
    if missing > 0 and p.policy = 'refuse' then
        perform public.ledger_refuse('insufficient_points', jsonb_build_object(
            'currency', p.currency, 'requested', abs(p.amount), 'available', abs(p.amount) - expired - missing));
    elsif missing > 0 and p.policy = 'allow_negative' and not b.may_go_negative then
        perform public.ledger_refuse('negative_not_allowed', jsonb_build_object('currency', p.currency));
    end if;
    if expired > 0 or (missing > 0 and p.policy in ('take_what_is_left', 'only_pending')) then
        update public.ledger_posting
            set already_expired = expired,
                uncollected = case when p.policy in ('take_what_is_left', 'only_pending') then missing else 0 end
            where account_id = p_account and idem_key = p.idem_key;
    end if;
    if missing > 0 and p.policy = 'allow_negative' then
        return from_pending || moves || row('member', public.ledger_counter_of(p.kind), missing, null,
            null, 'operator', 0)::public.ledger_move;
    end if;
    return from_pending || moves;
end $$;

-- The lots that the posting to be revoked brought; refuse when it brought less than is to be taken back in all.
create function public.ledger_lots_brought_by(p_account uuid, p public.ledger_request) returns uuid[]
language plpgsql as $$
declare
    t public.ledger_posting;
    brought bigint;
    lots uuid[];
begin
    t := public.ledger_target_of(coalesce(p.target_account_id, p_account), p, array['earn', 'adjust', 'pend']);
    select coalesce(sum(e.amount), 0), coalesce(array_agg(e.lot_id) filter (where e.lot_id is not null), '{}')
        into brought, lots
        from public.ledger_entry e
        where e.account_id = t.account_id and e.occurred_at = t.occurred_at and e.posting_id = t.posting_id
            and e.code = case when t.kind = 'pend' then 'pending' else 'member' end;
    if brought < abs(p.amount) + coalesce((
        select sum(r.requested) from (values (p_account), (p.target_account_id)) a (account_id)
            cross join lateral public.ledger_revokes_of(a.account_id, p.target_id, p.posting_id) r
    ), 0) then
        perform public.ledger_refuse('more_than_earned', jsonb_build_object(
            'posting_id', p.target_id, 'earned', brought));
    end if;
    return lots;
end $$;

-- The other revokes of a posting that were not themselves reversed.
create function public.ledger_revokes_of(p_account uuid, p_target uuid, p_except uuid)
returns setof public.ledger_posting
language sql stable as $$
    select * from public.ledger_posting r
    where r.account_id = p_account and r.target_id = p_target and r.kind = 'revoke' and r.posting_id <> p_except
        and not exists (
            select from public.ledger_posting undone
            where undone.account_id = p_account and undone.target_id = r.posting_id and undone.kind = 'reverse'
        )
$$;

-- How much of these lots has expired, swept or not, and was not yet counted for an earlier revoke of the same posting.
create function public.ledger_expired_of(p_account uuid, p public.ledger_request, p_lots uuid[]) returns bigint
language sql stable as $$
    select (
        coalesce((
            select sum(amount) from public.ledger_entry
            where account_id = p_account and code = 'breakage' and lot_id = any (p_lots)
        ), 0) + coalesce((
            select sum(remaining) from public.ledger_lot
            where account_id = p_account and lot_id = any (p_lots) and is_open and expires_at <= p.occurred_at
        ), 0) - coalesce((
            select sum(r.already_expired) from public.ledger_revokes_of(p_account, p.target_id, p.posting_id) r
        ), 0)
    )::bigint
$$;

-- The posting that the request is about, of one of the kinds, and not reversed.
create function public.ledger_target_of(p_account uuid, p public.ledger_request, p_kinds text[])
returns public.ledger_posting
language plpgsql as $$
declare
    t public.ledger_posting;
begin
    select * into t from public.ledger_posting
        where account_id = p_account and posting_id = p.target_id and currency = p.currency;
    if not found then
        perform public.ledger_refuse('unknown_posting', jsonb_build_object('posting_id', p.target_id));
    elsif t.kind <> all (p_kinds) then
        perform public.ledger_refuse('not_reversible', jsonb_build_object('posting_id', p.target_id, 'kind', t.kind));
    elsif exists (
        select from public.ledger_posting r
        where r.account_id = p_account and r.target_id = p.target_id and r.kind = 'reverse'
            and r.posting_id <> p.posting_id
    ) then
        perform public.ledger_refuse('already_reversed', jsonb_build_object('posting_id', p.target_id));
    end if;
    return t;
end $$;

-- A hold ends: what is captured goes out, the rest goes back to the lots it was taken from.
create function public.ledger_plan_end_of_hold(p_account uuid, p public.ledger_request, b public.ledger_balance)
returns public.ledger_move[]
language plpgsql as $$
declare
    h public.ledger_hold;
    e public.ledger_entry;
    moves public.ledger_move[] := '{}';
    taken bigint := 0;
    part bigint;
begin
    h := public.ledger_open_hold_of(p_account, p);
    if p.kind = 'capture' then
        taken := p.amount;
    end if;
    update public.ledger_hold
        set captured = taken, ended_at = p.occurred_at,
            state = case
                when p.kind = 'capture' then 'captured'
                when p.policy = 'expired' then 'expired'
                else 'released'
            end
        where account_id = p_account and hold_id = h.hold_id;
    for e in
        select * from public.ledger_entry
        where account_id = p_account and occurred_at = h.held_at and posting_id = h.hold_id and code = 'held'
        order by seq
    loop
        part := least(taken, e.amount);
        if part > 0 then
            moves := moves || row('held', 'redemption', part, e.lot_id, e.rule_version_id, e.funding,
                e.unit_cost)::public.ledger_move;
        end if;
        if e.amount > part then
            moves := moves || row('held', 'member', e.amount - part, e.lot_id, e.rule_version_id, e.funding,
                e.unit_cost)::public.ledger_move;
        end if;
        taken := taken - part;
    end loop;
    return public.ledger_fill_owed(p_account, b.owed, p.occurred_at, moves);
end $$;

create function public.ledger_open_hold_of(p_account uuid, p public.ledger_request) returns public.ledger_hold
language plpgsql as $$
declare
    h public.ledger_hold;
begin
    select * into h from public.ledger_hold
        where account_id = p_account and hold_id = p.target_id and currency = p.currency;
    if not found then
        perform public.ledger_refuse('unknown_hold', jsonb_build_object('hold_id', p.target_id));
    elsif h.state <> 'open' or (h.expires_at <= p.occurred_at and p.policy is distinct from 'expired') then
        perform public.ledger_refuse('hold_gone', jsonb_build_object(
            'hold_id', p.target_id, 'state', case when h.state = 'open' then 'expired' else h.state end));
    elsif p.kind = 'capture' and p.amount > h.amount then
        perform public.ledger_refuse('more_than_held', jsonb_build_object('hold_id', p.target_id, 'held', h.amount));
    end if;
    return h;
end $$;

-- Holds whose time is up are released before anything else is decided, each by its own posting of that moment.
create function public.ledger_release_expired_holds(
    p_account uuid, p public.ledger_request, b public.ledger_balance
) returns public.ledger_balance
language plpgsql as $$
declare
    h public.ledger_hold;
begin
    for h in
        select * from public.ledger_hold
        where account_id = p_account and currency = p.currency and state = 'open' and expires_at <= p.occurred_at
        order by expires_at, hold_id
    loop
        perform public.ledger_post_entry(p_account, public.ledger_request_of_the_clock(
            'release', 'clock:release:' || h.hold_id, h.hold_id, h.currency, h.expires_at, p.recorded_at));
    end loop;
    select * into b from public.ledger_balance where account_id = p_account and currency = p.currency;
    return b;
end $$;

-- What time alone does: the release of an expired hold, the expiry of a lot. Key and identity follow from the target.
create function public.ledger_request_of_the_clock(
    p_kind text, p_key text, p_target uuid, p_currency text, p_occurred_at timestamptz, p_recorded_at timestamptz
) returns public.ledger_request
language plpgsql immutable as $$
declare
    p public.ledger_request;
begin
    p.idem_key := p_key;
    p.request_hash := sha256(convert_to(p_key, 'UTF8'));
    p.posting_id := encode(substr(p.request_hash, 1, 16), 'hex')::uuid;
    p.kind := p_kind;
    p.currency := p_currency;
    p.occurred_at := p_occurred_at;
    p.recorded_at := p_recorded_at;
    p.actor_kind := 'system';
    p.origin := 'live';
    p.source_type := 'clock';
    p.note := '';
    p.target_id := p_target;
    p.policy := 'expired';
    return p;
end $$;

create function public.ledger_plan_expiry(p_account uuid, p public.ledger_request) returns public.ledger_move[]
language plpgsql as $$
declare
    lot public.ledger_lot;
begin
    select * into strict lot from public.ledger_lot where account_id = p_account and lot_id = p.target_id;
    return array[row('member', 'breakage', lot.remaining, lot.lot_id, lot.rule_version_id, lot.funding,
        lot.unit_cost)::public.ledger_move];
end $$;

-- The opposite of a whole posting: what it took goes back to its lots, what it brought leaves them if it is still
-- there. A shortfall that was recorded without a lot first lowers what is still owed.
create function public.ledger_plan_reversal(p_account uuid, p public.ledger_request, b public.ledger_balance)
returns public.ledger_move[]
language plpgsql as $$
declare
    t public.ledger_posting;
    e public.ledger_entry;
    moves public.ledger_move[] := '{}';
    owed bigint := b.owed;
    fill bigint;
begin
    t := public.ledger_target_of(p_account, p, case
        when p.link_id is null then array['earn', 'redeem', 'capture', 'revoke', 'adjust', 'open']
        else array['transfer_out', 'transfer_in'] end);
    for e in
        select * from public.ledger_entry
        where account_id = p_account and occurred_at = t.occurred_at and posting_id = t.posting_id
            and code not in ('member', 'held', 'pending')
        order by seq
    loop
        if e.code = 'promise' then -- a revoke took it from what was pending
            moves := moves || row('promise', 'pending', e.amount, e.lot_id, e.rule_version_id, e.funding,
                e.unit_cost)::public.ledger_move;
            continue;
        end if;
        if e.amount < 0 then
            perform public.ledger_check_still_there(p_account, p, b, e);
            moves := moves || row('member', e.code, -e.amount, e.lot_id, e.rule_version_id, e.funding,
                e.unit_cost)::public.ledger_move;
            continue;
        end if;
        fill := case when e.lot_id is null then least(owed, e.amount) else 0 end;
        owed := owed - fill;
        if fill > 0 then
            moves := moves || row(e.code, 'member', fill, null, e.rule_version_id, e.funding,
                e.unit_cost)::public.ledger_move;
        end if;
        if e.amount > fill then
            moves := moves || row(e.code, 'member', e.amount - fill,
                coalesce(e.lot_id, public.ledger_lot_for(p_account, t)), e.rule_version_id, e.funding,
                e.unit_cost)::public.ledger_move;
        end if;
    end loop;
    return public.ledger_fill_owed(p_account, owed, p.occurred_at, moves);
end $$;

-- Points can be taken out of a posting again only while they are there; what was spent since is a matter for revoke.
create function public.ledger_check_still_there(
    p_account uuid, p public.ledger_request, b public.ledger_balance, e public.ledger_entry
) returns void
language plpgsql as $$
begin
    if not exists (
        select from public.ledger_lot
        where account_id = p_account and lot_id = e.lot_id and remaining >= -e.amount
            and (expires_at is null or expires_at > p.occurred_at)
    ) or exists (select from public.ledger_revokes_of(p_account, p.target_id, p.posting_id)) then
        perform public.ledger_refuse('points_spent', jsonb_build_object('posting_id', p.target_id));
    end if;
end $$;

-- A shortfall that later points filled is given back to the lot that the revoked posting had brought.
create function public.ledger_lot_for(p_account uuid, t public.ledger_posting) returns uuid
language plpgsql as $$
declare
    lot uuid;
begin
    select e.lot_id into lot
        from public.ledger_posting origin
        join public.ledger_entry e on e.account_id = p_account and e.occurred_at = origin.occurred_at
            and e.posting_id = origin.posting_id and e.code = 'member' and e.lot_id is not null
        where origin.account_id = p_account and origin.posting_id = t.target_id
        order by e.seq limit 1;
    if not found then
        perform public.ledger_refuse('not_reversible', jsonb_build_object('posting_id', t.posting_id, 'kind', t.kind));
    end if;
    return lot;
end $$;
