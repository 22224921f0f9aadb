-- A member chooses a reward: points, pieces, limit, voucher, the choice itself, its event and its audit in one call. Rows are
-- taken in the order of every checkout: balance and lots, then stock, then the limit. The account is read here, so that
-- who joined a pool meanwhile spends there or is refused and asked again, never from where the points were.
--
-- A repeated request answers with what the first one made; the same key with another request is refused.
create or replace function rewards_redeem(p jsonb) returns jsonb
language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
    chosen uuid := p->>'redemption_id';
    reward rewards_reward;
    member programme_enrolment;
    pieces constant integer := p->>'pieces';
    known kernel_request;
    posting uuid;
    voucher uuid;
    told jsonb;
begin
    if p ? 'once' then
        insert into kernel_request (owner, key, request_hash, resource_type, resource_id, recorded_at)
            values (p->'once'->>'owner', p->'once'->>'key', decode(p->'once'->>'hash', 'hex'), 'redemption', chosen,
                (p->>'now')::timestamptz)
            on conflict do nothing;
        if not found then
            select * into known from kernel_request request
                where request.owner = p->'once'->>'owner' and request.key = p->'once'->>'key';
            return jsonb_build_object('id', known.resource_id, 'is_repeated', true,
                'is_same', known.request_hash = decode(p->'once'->>'hash', 'hex'));
        end if;
    end if;
    select * into reward from rewards_reward one where one.id = (p->>'reward_id')::uuid;
    select * into member from programme_enrolment one where one.id = (p->>'enrolment_id')::uuid;
    perform rewards_check_choice(p, reward, member);
    told := p || jsonb_build_object('programme_id', reward.programme_id, 'customer_id', member.customer_id,
        'purchase_id', chosen, 'currency', p->>'currency', 'source_type', 'reward', 'source_id', chosen);
    if reward.points > 0 then
        posting := rewards_pay_choice(told, reward, member, pieces);
    end if;
    if reward.stock_id is not null or reward.per_member is not null then
        perform rewards_consume(told || jsonb_strip_nulls(jsonb_build_object(
            'stock', case when reward.stock_id is not null then jsonb_build_array(
                jsonb_build_object('id', reward.stock_id, 'pieces', pieces)) end,
            'limits', case when reward.per_member is not null then jsonb_build_array(jsonb_build_object(
                'subject', 'reward/' || reward.key, 'scope_id', member.customer_id, 'amount', pieces,
                'capacity', reward.per_member)) end)));
    end if;
    if reward.kind = 'voucher' then
        voucher := rewards_issue_voucher(told, jsonb_build_object('name', reward.name,
            'amount', reward.voucher_amount * pieces, 'currency', p->>'currency',
            'minimum_basket', reward.voucher_minimum, 'is_divisible', reward.voucher_is_divisible,
            'purpose', reward.voucher_purpose, 'valid_from', p->>'at', 'valid_until', p->>'voucher_until'))->>'id';
    end if;
    insert into rewards_redemption (id, reward_id, programme_id, enrolment_id, customer_id, account_id, partner_id,
            store_id, state, pieces, points, points_currency, money, posting_id, voucher_id, redeemed_at, recorded_at,
            fulfilled_at, reason)
        values (chosen, reward.id, reward.programme_id, member.id, member.customer_id, member.account_id,
            reward.partner_id, (p->>'store_id')::uuid, case when voucher is null then 'reserved' else 'fulfilled' end,
            pieces, reward.points * pieces, reward.points_currency, reward.money * pieces, posting, voucher,
            (p->>'at')::timestamptz, (p->>'now')::timestamptz,
            case when voucher is not null then (p->>'at')::timestamptz end, '');
    perform rewards_announce(told, 'reward.redeemed', jsonb_build_object('redemption_id', chosen, 'reward_id', reward.id,
        'programme_id', reward.programme_id, 'enrolment_id', member.id, 'pieces', pieces,
        'points', reward.points * pieces, 'voucher_id', voucher));
    insert into access_audit (by_kind, by_id, by_label, verb, object_type, partner_id, at, object_id, after)
        values (p->>'actor_kind', (p->>'actor_id')::uuid, p->>'actor_label', 'reward.redeem', 'redemption',
            reward.partner_id, (p->>'at')::timestamptz, chosen,
            jsonb_build_object('reward', reward.key, 'pieces', pieces));
    return jsonb_build_object('id', chosen, 'is_repeated', false);
end $$;

create or replace function rewards_check_choice(p jsonb, reward rewards_reward, member programme_enrolment) returns void
language plpgsql as $$
declare
    at timestamptz := p->>'at';
    why text := case
        when reward.id is null then 'reward_unknown'
        when member.id is null or member.ended_at <= at or member.programme_id <> reward.programme_id
            then 'reward_of_another_programme'
        when reward.ended_at <= at or reward.valid_until <= at then 'reward_over'
        when reward.valid_from > at then 'reward_not_yet'
        when (p->>'pieces')::integer < 1 then 'reward_malformed'
        when reward.changed_at is distinct from (p->>'known_at')::timestamptz then 'reward_changed' end;
begin
    if why is not null then
        perform rewards_refuse(why, jsonb_build_object('kind', 'reward', 'id', reward.key));
    end if;
end $$;

-- Spend the points; return the posting.
create or replace function rewards_pay_choice(
    p jsonb, reward rewards_reward, member programme_enrolment, p_pieces integer
) returns uuid language plpgsql as $$
declare
    asked public.ledger_request;
begin
    asked.idem_key := 'reward:' || (p->>'redemption_id');
    asked.request_hash := sha256(convert_to(p->>'redemption_id', 'UTF8'));
    asked.posting_id := gen_random_uuid();
    asked.kind := 'redeem';
    asked.currency := reward.points_currency;
    asked.amount := reward.points * p_pieces;
    asked.occurred_at := p->>'at';
    asked.recorded_at := p->>'now';
    asked.partner_id := reward.partner_id;
    asked.store_id := p->>'store_id';
    asked.actor_kind := p->>'actor_kind';
    asked.actor_id := p->>'actor_id';
    asked.origin := 'live';
    asked.source_type := 'reward';
    asked.source_id := p->>'redemption_id';
    asked.note := '';
    asked.lives_until := p->>'lives_until';
    perform public.ledger_post_entry(member.account_id, asked);
    return asked.posting_id;
end $$;
