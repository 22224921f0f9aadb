-- The one road of every posting, in one call: key, lock, plan, write.
--
-- The order is the safety. (1) The key: a concurrent duplicate waits on the insert, then replays. (2) The lock: the
-- row of the balance is the account's mutex; a plain earn or redemption takes it by a conditional update. (3) The plan
-- reads lots, holds and postings in statements LATER than the lock: at READ COMMITTED each has a new snapshot,
-- so it sees what was committed while we waited. A join of lock and lots in one statement reads the lots as they were
-- before the wait, and spends them twice (tests/ledger/test_races.py). (4) The write. A refusal raises, so that nothing
-- of the posting remains.
--
-- No sequential scans: a plan that a session made while a table was small would be kept while it grows.
create function public.ledger_post_entry(p_account uuid, p public.ledger_request) returns public.ledger_outcome
language plpgsql security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off as $$
declare
    b public.ledger_balance;
    plain bigint; -- what a plain posting does to the balance
begin
    insert into public.ledger_posting (
        occurred_at, recorded_at, requested, account_id, posting_id, target_id, link_id, actor_id, source_id, idem_key,
        request_hash, kind, currency, origin, actor_kind, source_type, note, lives_until
    ) values (
        p.occurred_at, p.recorded_at, coalesce(p.amount, 0), p_account, p.posting_id, p.target_id, p.link_id,
        p.actor_id, p.source_id, p.idem_key, p.request_hash, p.kind, p.currency, p.origin, p.actor_kind, p.source_type,
        p.note, p.lives_until
    ) on conflict do nothing;
    if not found then
        return public.ledger_replay(p_account, p);
    end if;
    plain := case when p.kind = 'earn' then p.amount when p.kind = 'redeem' then -p.amount end;
    if plain is not null then -- check, change and lock in one: nine postings of ten
        update public.ledger_balance set posted = posted + plain, version = version + 1
            where account_id = p_account and currency = p.currency and not is_closed and owed = 0
                and (plain > 0 or (held = 0 and pending = 0 and posted + plain >= 0))
            returning posted - plain, held, owed, version - 1 into b.posted, b.held, b.owed, b.version;
        if found and p.kind = 'earn' and cardinality(p.parts) = 1 and p.lives_until is null then
            return public.ledger_write_earning(p_account, p, p.parts[1], b);
        elsif found then
            return public.ledger_write(p_account, p, b, public.ledger_plan(p_account, p, b), true);
        end if;
    end if;
    select * into b from public.ledger_balance
        where account_id = p_account and currency = p.currency and not is_closed for update;
    if not found then
        perform public.ledger_refuse_account(p_account, p.currency);
    end if;
    if b.held > 0 and p.kind not in ('earn', 'release') then
        b := public.ledger_release_expired_holds(p_account, p, b);
    end if;
    if b.pending > 0 and p.kind not in ('earn', 'pend', 'activate', 'cancel', 'release', 'expire') then
        b := public.ledger_activate_ripe(p_account, p, b);
    end if;
    if p.kind = 'activate' then
        p.parts := public.ledger_parts_to_activate(p_account, p);
    end if;
    return public.ledger_write(p_account, p, b, public.ledger_plan(p_account, p, b), false);
end $$;

-- The whole plan of an earning of one part by a balance that owes nothing, as nearly all are: one lot, both legs. What
-- ledger_plan and ledger_write would do for it, without the lists of movements: a posting costs a fifth less.
create function public.ledger_write_earning(
    p_account uuid, p public.ledger_request, part public.ledger_part, b public.ledger_balance
) returns public.ledger_outcome
language plpgsql as $$
declare
    new_member constant bigint := b.posted - b.held + part.amount;
begin
    with lot as (
        insert into public.ledger_lot (
            amount, remaining, earned_at, expires_at, unit_cost, account_id, lot_id, partner_id, rule_version_id,
            currency, funding, is_open
        ) values (
            part.amount, part.amount, part.earned_at, part.expires_at, part.unit_cost, p_account, part.lot_id,
            part.partner_id, part.rule_version_id, p.currency, part.funding, true
        )
    )
    insert into public.ledger_entry (
        occurred_at, recorded_at, amount, balance_after, unit_cost, version, account_id, posting_id, lot_id,
        partner_id, store_id, rule_version_id, seq, code, currency, funding
    ) values (
        p.occurred_at, p.recorded_at, -part.amount, null, part.unit_cost, b.version + 1, p_account, p.posting_id,
        part.lot_id, p.partner_id, p.store_id, part.rule_version_id, 0, 'issuance', p.currency, part.funding
    ), (
        p.occurred_at, p.recorded_at, part.amount, new_member, part.unit_cost, b.version + 1, p_account, p.posting_id,
        part.lot_id, p.partner_id, p.store_id, part.rule_version_id, 1, 'member', p.currency, part.funding
    );
    return row(p.posting_id, false, part.amount, new_member, 0::bigint, 0::bigint, 0::bigint)::public.ledger_outcome;
end $$;

-- Answer a repeated key as the first time; another request under the same key is refused.
create function public.ledger_replay(p_account uuid, p public.ledger_request) returns public.ledger_outcome
language plpgsql as $$
declare
    known public.ledger_posting;
begin
    select * into known from public.ledger_posting where account_id = p_account and idem_key = p.idem_key;
    if not found then -- the other unique index of the table: somebody has reversed this posting under another key
        perform public.ledger_refuse('already_reversed', jsonb_build_object('posting_id', p.target_id));
    end if;
    if known.request_hash <> p.request_hash then
        perform public.ledger_refuse('idempotency_key_reused', jsonb_build_object('idem_key', p.idem_key));
    end if;
    return public.ledger_outcome_of(known, true);
end $$;

-- What a posting did, read from what is written.
create function public.ledger_outcome_of(known public.ledger_posting, p_replayed boolean) returns public.ledger_outcome
language plpgsql as $$
declare
    o public.ledger_outcome;
begin
    select known.posting_id, p_replayed, coalesce(sum(e.amount), 0),
            (array_agg(e.balance_after order by e.seq desc))[1],
            coalesce(-sum(e.amount) filter (where e.lot_id is null and e.amount < 0), 0),
            known.already_expired, known.uncollected
        into o
        from public.ledger_entry e
        where e.account_id = known.account_id and e.occurred_at = known.occurred_at
            and e.posting_id = known.posting_id and e.code = 'member';
    if o.balance is null then -- a posting that moved nothing
        select posted - held into o.balance from public.ledger_balance
            where account_id = known.account_id and currency = known.currency;
    end if;
    return o;
end $$;

-- Which movements the request means. Reads only; what it refuses it raises.
create function public.ledger_plan(p_account uuid, p public.ledger_request, b public.ledger_balance)
returns public.ledger_move[]
language plpgsql as $$
begin
    if p.kind in ('earn', 'give_back', 'transfer_in') or (p.kind in ('adjust', 'open') and p.amount > 0) then
        return public.ledger_plan_put(p_account, p, b);
    elsif p.kind in ('redeem', 'hold', 'transfer_out') then
        return public.ledger_plan_take(p_account, p, b);
    elsif p.kind in ('adjust', 'open', 'revoke') then
        return public.ledger_plan_take_back(p_account, p, b);
    elsif p.kind in ('capture', 'release') then
        return public.ledger_plan_end_of_hold(p_account, p, b);
    elsif p.kind = 'expire' then
        return public.ledger_plan_expiry(p_account, p);
    elsif p.kind in ('pend', 'activate', 'cancel', 'extend', 'reinstate') then
        return public.ledger_plan_of_life(p_account, p, b);
    elsif p.kind = 'reverse' then
        return public.ledger_plan_reversal(p_account, p, b);
    end if;
    raise exception 'a posting of kind % has no plan', p.kind;
end $$;

-- The account code on the other leg.
create function public.ledger_counter_of(p_kind text) returns text
language sql immutable as $$
    select case
        when p_kind in ('earn', 'activate', 'revoke') then 'issuance'
        when p_kind in ('redeem', 'capture', 'give_back') then 'redemption'
        when p_kind in ('transfer_out', 'transfer_in') then 'clearing'
        when p_kind = 'adjust' then 'adjustment'
        when p_kind = 'open' then 'opening'
        when p_kind = 'hold' then 'held'
        when p_kind = 'expire' then 'breakage'
    end
$$;

-- Write the planned movements: both legs of each with its lot, and the balance unless its change took the lock. Row by
-- row, with plans that are kept: most postings have one movement, for which sets cost a third more.
create function public.ledger_write(
    p_account uuid, p public.ledger_request, b public.ledger_balance, moves public.ledger_move[],
    is_balance_written boolean
) returns public.ledger_outcome
language plpgsql as $$
declare
    m public.ledger_move;
    places integer := 0;
    to_member bigint;
    new_member bigint := b.posted - b.held;
    new_held bigint := b.held;
    new_owed bigint := b.owed;
    new_pending bigint := b.pending;
    known public.ledger_posting;
begin
    foreach m in array moves loop
        to_member := case when m.to_code = 'member' then m.amount when m.from_code = 'member' then -m.amount else 0 end;
        new_member := new_member + to_member;
        new_held := new_held
            + case when m.to_code = 'held' then m.amount when m.from_code = 'held' then -m.amount else 0 end;
        if m.from_code = 'pending' or m.to_code = 'pending' then
            new_pending := new_pending + case when m.to_code = 'pending' then m.amount else -m.amount end;
            perform public.ledger_write_pending(p_account, p, m);
        end if;
        if m.lot_id is null then
            new_owed := new_owed - to_member;
        elsif p.parts is null and to_member <> 0 then
            update public.ledger_lot
                set remaining = remaining + to_member, is_open = remaining + to_member > 0
                where account_id = p_account and lot_id = m.lot_id;
        end if;
        insert into public.ledger_entry (
            occurred_at, recorded_at, amount, balance_after, unit_cost, version, account_id, posting_id, lot_id,
            partner_id, store_id, rule_version_id, seq, code, currency, funding
        ) values (
            p.occurred_at, p.recorded_at, -m.amount,
            case m.from_code when 'member' then new_member when 'held' then new_held when 'pending' then new_pending end,
            m.unit_cost,
            b.version + 1, p_account, p.posting_id, m.lot_id, p.partner_id, p.store_id, m.rule_version_id, places,
            m.from_code, p.currency, m.funding
        ), (
            p.occurred_at, p.recorded_at, m.amount,
            case m.to_code when 'member' then new_member when 'held' then new_held when 'pending' then new_pending end,
            m.unit_cost,
            b.version + 1, p_account, p.posting_id, m.lot_id, p.partner_id, p.store_id, m.rule_version_id, places + 1,
            m.to_code, p.currency, m.funding
        );
        places := places + 2;
    end loop;
    if places > 0 then
        if p.parts is not null and p.kind <> 'pend' then
            perform public.ledger_write_new_lots(p_account, p, moves);
        end if;
        if not is_balance_written then
            update public.ledger_balance
                set posted = posted + (new_member + new_held - b.posted), held = held + (new_held - b.held),
                    owed = owed + (new_owed - b.owed), pending = pending + (new_pending - b.pending),
                    version = version + 1
                where account_id = p_account and currency = p.currency;
        end if;
    end if;
    if p.lives_until is not null and p.kind in ('earn', 'pend', 'redeem', 'capture', 'extend') then
        perform public.ledger_let_live(p_account, p);
    end if;
    if p.kind = 'hold' then
        insert into public.ledger_hold (account_id, hold_id, currency, amount, held_at, expires_at)
            values (p_account, p.posting_id, p.currency, new_held - b.held, p.occurred_at, p.hold_expires_at);
    elsif p.kind in ('revoke', 'adjust', 'open') then -- what the plan found expired or out of reach is on the posting
        select * into known from public.ledger_posting where account_id = p_account and idem_key = p.idem_key;
        return public.ledger_outcome_of(known, false);
    end if;
    return row(p.posting_id, false, new_member - b.posted + b.held, new_member, greatest(new_owed - b.owed, 0),
        0::bigint, 0::bigint)::public.ledger_outcome;
end $$;

-- The lots that come with the parts of the request, as far as they did not fill what was owed. A lot keeps its identity
-- when it moves to another account, and may come back.
create function public.ledger_write_new_lots(p_account uuid, p public.ledger_request, moves public.ledger_move[])
returns void
language plpgsql as $$
declare
    m public.ledger_move;
    part public.ledger_part;
begin
    foreach m in array moves loop
        foreach part in array p.parts loop
            continue when part.lot_id is distinct from m.lot_id or m.to_code <> 'member';
            if p.kind = 'transfer_in' then
                update public.ledger_lot
                    set amount = amount + m.amount, remaining = remaining + m.amount, is_open = true
                    where account_id = p_account and lot_id = m.lot_id;
                continue when found;
            end if;
            insert into public.ledger_lot (
                amount, remaining, earned_at, expires_at, unit_cost, account_id, lot_id, partner_id, rule_version_id,
                currency, funding, is_open
            ) values (
                m.amount, m.amount, part.earned_at, part.expires_at, part.unit_cost, p_account, part.lot_id,
                part.partner_id, part.rule_version_id, p.currency, part.funding, true
            );
        end loop;
    end loop;
end $$;

-- Refusals carry the family's SQLSTATE, the stable code as message and the details as JSON.
create function public.ledger_refuse(p_code text, p_details jsonb) returns void
language plpgsql as $$
begin
    raise exception using errcode = 'FL001', message = p_code, detail = p_details::text;
end $$;

create function public.ledger_refuse_account(p_account uuid, p_currency text) returns void
language plpgsql as $$
begin
    if exists (select from public.ledger_balance where account_id = p_account and currency = p_currency) then
        perform public.ledger_refuse('account_closed', jsonb_build_object('account_id', p_account));
    end if;
    perform public.ledger_refuse(
        'unknown_account', jsonb_build_object('account_id', p_account, 'currency', p_currency)
    );
end $$;
