-- Gift cards: locked in the order of their ids, judged by a later statement, spent.
create or replace function rewards_check_cards(p jsonb) returns void language plpgsql as $$
declare
    lost record;
begin
    if not p ? 'gift_cards' then
        return;
    end if;
    if p ? 'sold_cards' then -- Two checkouts, each paying by the card that the other charges, would wait for each other.
        perform from rewards_gift_card card
            where card.id in (
                select (asked->>'id')::uuid from jsonb_array_elements(p->'gift_cards') asked
                union all select sold.id from rewards_gift_card sold where sold.programme_id = (p->>'programme_id')::uuid
                    and sold.code in (select jsonb_array_elements_text(p->'sold_cards')))
            order by card.id for no key update;
    end if;
    perform from rewards_gift_card card
        where card.id in (select (asked->>'id')::uuid from jsonb_array_elements(p->'gift_cards') asked)
        order by card.id for no key update;
    select asked.id, asked.amount, card.balance, card.currency, judged.state, held.held
        into lost
        from (select (one->>'id')::uuid as id, sum((one->>'amount')::bigint) as amount
            from jsonb_array_elements(p->'gift_cards') one group by 1) asked
        left join rewards_gift_card card on card.id = asked.id and card.programme_id = (p->>'programme_id')::uuid
        cross join lateral (select rewards_card_state(card, (p->>'at')::timestamptz) as state) judged
        cross join lateral (select rewards_held(card.programme_id, rewards_anybody(), 'gift_card:' || card.id,
            (p->>'checkout_id')::uuid, (p->>'now')::timestamptz) as held) held
        where judged.state <> 'ok' or card.currency <> p->>'currency' or asked.amount <= 0
            or asked.amount + held.held > card.balance
        order by asked.id limit 1;
    if found then
        perform rewards_refuse(
            'gift_card_' || case
                when lost.state <> 'ok' then lost.state
                when lost.currency <> p->>'currency' then 'of_another_currency'
                when lost.amount <= 0 then 'malformed'
                else 'short' end,
            jsonb_build_object('kind', 'gift_card', 'id', lost.id, 'asked', lost.amount,
                'balance', greatest(0, lost.balance - lost.held), 'currency', lost.currency));
    end if;
end $$;

create or replace function rewards_spend_cards(p jsonb) returns jsonb language plpgsql as $$
declare
    balances jsonb;
begin
    if not p ? 'gift_cards' then
        return '{}';
    end if;
    perform rewards_check_cards(p);
    with spent as (
        update rewards_gift_card card set balance = card.balance - asked.amount, movements = card.movements + 1
        from (select (one->>'id')::uuid as id, sum((one->>'amount')::bigint)::bigint as amount
            from jsonb_array_elements(p->'gift_cards') one group by 1) asked
        where card.id = asked.id
        returning card.id, card.movements, asked.amount, card.balance
    ), told as (
        insert into rewards_gift_card_movement (card_id, number, kind, amount, balance_after, purchase_id, occurred_at,
            recorded_at)
        select id, movements, 'spent', -amount, balance, (p->>'purchase_id')::uuid, (p->>'at')::timestamptz,
            (p->>'now')::timestamptz
        from spent
    )
    select coalesce(jsonb_object_agg(id, balance), '{}') into balances from spent;
    return balances;
end $$;

-- Put back what a purchase paid by its cards: all of it, or the amounts asked for and never more than it took.
create or replace function rewards_refill_cards(p jsonb, p_whole boolean) returns void language plpgsql as $$
declare
    purchase uuid := p->>'purchase_id';
    lost record;
begin
    if not p_whole and not p ? 'gift_cards' then
        return;
    end if;
    perform from rewards_gift_card card
        where card.id in (select paid.card_id from rewards_gift_card_movement paid where paid.purchase_id = purchase)
        order by card.id for no key update;
    with paid as (
        select card_id, -sum(amount)::bigint as amount from rewards_gift_card_movement
        where purchase_id = purchase group by card_id
    ), asked as (
        select (one->>'id')::uuid as card_id, sum((one->>'amount')::bigint)::bigint as amount
        from jsonb_array_elements(coalesce(p->'gift_cards', '[]')) one where not p_whole group by 1
        union all select card_id, amount from paid where p_whole and amount > 0
    )
    select asked.card_id as id, asked.amount, coalesce(paid.amount, 0) as paid into lost
        from asked left join paid using (card_id)
        where asked.amount <= 0 or asked.amount > coalesce(paid.amount, 0) order by asked.card_id limit 1;
    if found then
        perform rewards_refuse('more_than_used',
            jsonb_build_object('kind', 'gift_card', 'id', lost.id, 'asked', lost.amount, 'used', lost.paid));
    end if;
    with paid as (
        select card_id, -sum(amount)::bigint as amount from rewards_gift_card_movement
        where purchase_id = purchase group by card_id
    ), asked as (
        select (one->>'id')::uuid as card_id, sum((one->>'amount')::bigint)::bigint as amount
        from jsonb_array_elements(coalesce(p->'gift_cards', '[]')) one where not p_whole group by 1
        union all select card_id, amount from paid where p_whole and amount > 0
    ), filled as (
        -- Money that came back onto a card that is over could not be spent by anybody: the card lives so long again.
        update rewards_gift_card card set balance = card.balance + asked.amount, movements = card.movements + 1,
            expires_at = case when card.expires_at is not null
                then greatest(card.expires_at, (p->>'gift_cards_until')::timestamptz) end
        from asked where card.id = asked.card_id
        returning card.id, card.movements, asked.amount, card.balance
    )
    insert into rewards_gift_card_movement (card_id, number, kind, amount, balance_after, purchase_id, occurred_at,
        recorded_at)
    select id, movements, 'given_back', amount, balance, purchase, (p->>'at')::timestamptz, (p->>'now')::timestamptz
    from filled;
end $$;
