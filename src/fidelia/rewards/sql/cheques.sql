-- Turn points into vouchers: many members in one call, each under the lock of its balance. What is there is read by
-- statements later than the lock, so that two nights at once, or a night beside a purchase, turn each point once
-- (tests/rewards/test_cheque_races.py). Balances come before vouchers, as in every checkout. A balance that somebody holds is
-- skipped unless the caller waits: a night holds many, and must not wait for one of them with the others in its hand.
create or replace function rewards_issue_cheques(p jsonb) returns jsonb
language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
    member jsonb;
    issued jsonb := '[]';
    skipped jsonb := '[]';
begin
    for member in select one from jsonb_array_elements(p->'members') one order by one->>'account_id' loop
        if public.ledger_lock_balance(
            (member->>'account_id')::uuid, p->>'points_currency', coalesce((p->>'waits')::boolean, false))
        then
            issued := issued || rewards_cheques_for(p, member);
        else
            skipped := skipped || jsonb_build_array(member);
        end if;
    end loop;
    return jsonb_build_object('issued', issued, 'skipped', skipped);
end $$;

-- The vouchers of one member, as many as the points make; the balance is locked.
create or replace function rewards_cheques_for(p jsonb, p_member jsonb) returns jsonb language plpgsql as $$
declare
    account uuid := p_member->>'account_id';
    debt bigint := coalesce((select owed.points from rewards_cheque_debt owed
        where owed.account_id = (p_member->>'account_id')::uuid and owed.points_currency = p->>'points_currency'), 0);
    free bigint := rewards_points_to_turn(account, p) - debt;
    step record;
    taken bigint := 0; -- points of the steps, how much they are worth, and how many there are
    worth bigint := 0;
    steps bigint := 0;
    amounts bigint[] := '{}'; -- of each voucher
    points bigint[] := '{}';
    made jsonb := '[]';
begin
    if free < (p->>'threshold')::bigint or rewards_was_turned(account, p) then
        return made;
    end if;
    for step in
        select (one->>0)::bigint as points, (one->>1)::bigint as money,
            0::bigint as count from jsonb_array_elements(p->'scale') one order by 1 desc
    loop
        step.count := least((free - taken) / step.points, (p->>'steps_max')::bigint - steps);
        taken := taken + step.count * step.points;
        worth := worth + step.count * step.money;
        steps := steps + step.count;
        if p->>'each' = 'step' then
            points := points || array_fill(step.points, array[step.count::integer]);
            amounts := amounts || array_fill(step.money, array[step.count::integer]);
        end if;
    end loop;
    if p->>'each' <> 'step' then
        points := array[taken];
        amounts := array[worth];
    end if;
    for place in 1..cardinality(amounts) loop
        made := made || rewards_write_cheque(p, p_member, place,
            points[place]
                + case when place = 1 then debt else 0 end
                + case when place = cardinality(amounts) and p->>'remainder' = 'lost' then free - taken else 0 end,
            case when place = 1 then debt else 0 end, amounts[place]);
    end loop;
    delete from rewards_cheque_debt owed
        where owed.account_id = account and owed.points_currency = p->>'points_currency';
    return made;
end $$;

-- A period turns the points of an account once; what a return withdrew waits for the next one.
create or replace function rewards_was_turned(p_account uuid, p jsonb) returns boolean language plpgsql stable as $$
begin
    return p->>'starts_on' is not null and exists (
        select from rewards_cheque known where known.account_id = p_account and known.cheque = p->>'cheque'
            and known.starts_on = (p->>'starts_on')::date);
end $$;

-- What is available, and was there when the period ended: what came since waits for the next one.
create or replace function rewards_points_to_turn(p_account uuid, p jsonb) returns bigint
language plpgsql volatile as $$
begin
    return (
        select balance.available - coalesce((
                select sum(lot.remaining) from public.ledger_lot lot
                where lot.account_id = p_account and lot.currency = p->>'points_currency' and lot.is_open
                    and lot.earned_at >= (p->>'counts_until')::timestamptz
                    and (lot.expires_at is null or lot.expires_at > (p->>'at')::timestamptz)), 0)
        from public.ledger_balance_of(p_account, p->>'points_currency', (p->>'at')::timestamptz) balance);
end $$;

create or replace function rewards_write_cheque(
    p jsonb, p_member jsonb, p_place integer, p_points bigint, p_debt bigint, p_amount bigint
) returns jsonb language plpgsql as $$
declare
    cheque uuid := gen_random_uuid();
    posting uuid := gen_random_uuid();
    told jsonb := p || p_member || jsonb_build_object('source_type', 'cheque', 'source_id', cheque);
    voucher jsonb;
begin
    perform public.ledger_post_entry((p_member->>'account_id')::uuid, json_populate_record(
        null::public.ledger_request, json_build_object(
            'idem_key', 'cheque:' || cheque, 'request_hash', sha256(convert_to(cheque::text, 'UTF8')),
            'posting_id', posting, 'kind', 'redeem', 'currency', p->>'points_currency', 'amount', p_points,
            'occurred_at', p->>'at', 'recorded_at', p->>'now', 'partner_id', p_member->>'partner_id',
            'store_id', p_member->>'store_id', 'actor_kind', p->>'actor_kind', 'actor_id', p->>'actor_id',
            'origin', 'live', 'source_type', 'cheque', 'source_id', cheque, 'note', '',
            'lives_until', p->>'lives_until')));
    voucher := rewards_issue_voucher(told, p || jsonb_build_object('amount', p_amount));
    insert into rewards_cheque (id, programme_id, enrolment_id, customer_id, account_id, points_currency, cheque,
            version_id, starts_on, place, points, debt, amount, currency, posting_id, voucher_id, is_kept, carries_debt,
            issued_at, recorded_at)
        values (cheque, (p->>'programme_id')::uuid, (p_member->>'enrolment_id')::uuid,
            (p_member->>'customer_id')::uuid, (p_member->>'account_id')::uuid, p->>'points_currency', p->>'cheque',
            (p->>'version_id')::uuid, (p->>'starts_on')::date, p_place, p_points, p_debt, p_amount, p->>'currency',
            posting, (voucher->>'id')::uuid, (p->>'is_kept')::boolean, (p->>'carries_debt')::boolean,
            (p->>'at')::timestamptz, (p->>'now')::timestamptz);
    perform rewards_announce(told, 'cheque.issued', jsonb_build_object('cheque_id', cheque, 'voucher_id', voucher->'id',
        'programme_id', p->'programme_id', 'enrolment_id', p_member->'enrolment_id', 'points', p_points,
        'points_currency', p->'points_currency', 'amount', p_amount, 'currency', p->'currency',
        'valid_until', p->'valid_until'));
    return jsonb_build_array(jsonb_build_object('cheque_id', cheque, 'voucher_id', voucher->'id', 'amount', p_amount,
        'points', p_points, 'account_id', p_member->'account_id'));
end $$;
