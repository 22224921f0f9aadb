-- Limits and budgets: counted when a checkout closes, never reserved. One after the other in the order of their keys.
create or replace function rewards_take_limits(p jsonb) returns void language plpgsql as $$
declare
    asked record;
begin
    if not p ? 'limits' then
        return;
    end if;
    for asked in
        select 'limit:' || (one->>'subject') as subject,
            coalesce((one->>'scope_id')::uuid, rewards_anybody()) as scope_id,
            coalesce((one->>'starts_on')::date, rewards_no_period()) as starts_on, (one->>'ends_on')::date as ends_on,
            (one->>'rolling_from')::date as rolling_from, (one->>'amount')::bigint as amount,
            (one->>'capacity')::bigint as capacity, coalesce((one->>'spreads')::boolean, false) as spreads,
            array(select jsonb_array_elements_text(coalesce(one->'alerts', '[]'))::smallint) as alerts
        from jsonb_array_elements(p->'limits') one where (one->>'amount')::bigint > 0
        order by 1, 2, 3
    loop
        if asked.amount > asked.capacity then
            perform rewards_refuse_limit(asked.subject, null);
        elsif asked.rolling_from is not null then
            perform rewards_take_rolling(
                (p->>'programme_id')::uuid, asked.scope_id, asked.subject, asked.starts_on, asked.ends_on,
                asked.rolling_from, asked.amount, asked.capacity);
        else
            perform rewards_take_limit(p, asked.scope_id, asked.subject, asked.starts_on, asked.ends_on, asked.amount,
                asked.capacity, asked.alerts, asked.spreads);
        end if;
        insert into rewards_use (purchase_id, programme_id, scope_id, subject, starts_on, amount, is_counted,
                customer_id, store_id, occurred_at, recorded_at)
            values ((p->>'purchase_id')::uuid, (p->>'programme_id')::uuid, asked.scope_id, asked.subject,
                asked.starts_on, asked.amount, true, (p->>'customer_id')::uuid, (p->>'store_id')::uuid,
                (p->>'at')::timestamptz, (p->>'now')::timestamptz);
    end loop;
end $$;

create or replace function rewards_refuse_limit(p_subject text, p_left bigint) returns void language plpgsql as $$
begin
    perform rewards_refuse('limit_reached',
        jsonb_build_object('kind', 'limit', 'id', substr(p_subject, 7), 'left', p_left));
end $$;

-- Tell, once for each share, that so many hundredths of a limit are gone.
create or replace function rewards_alert(
    p jsonb, p_scope uuid, p_subject text, p_starts date, p_taken bigint, p_capacity bigint, p_alerts smallint[],
    p_told smallint
) returns void language plpgsql as $$
declare
    reached smallint := (
        select max(share) from unnest(p_alerts) share
        where share > p_told and p_taken::numeric * 100 >= share::numeric * p_capacity);
begin
    if reached is null then
        return;
    end if;
    update rewards_counter counter set alerted = reached
        where counter.programme_id = (p->>'programme_id')::uuid and counter.scope_id = p_scope
            and counter.subject = p_subject and counter.starts_on = p_starts;
    insert into kernel_outbox (name, schema_version, origin, customer_id, payload, occurred_at)
        values ('limit.neared', 1, coalesce(p->>'origin', 'live'), null, jsonb_build_object(
            'programme_id', p->>'programme_id', 'limit', substr(p_subject, 7),
            'scope_id', nullif(p_scope, rewards_anybody()), 'starts_on', nullif(p_starts, rewards_no_period()),
            'share', reached, 'taken', p_taken, 'capacity', p_capacity), (p->>'at')::timestamptz);
end $$;

-- A limit over the last so many days: a row for each day, and one without a day that whoever counts locks first.
create or replace function rewards_take_rolling(
    p_programme uuid, p_scope uuid, p_subject text, p_day date, p_ends date, p_from date, p_amount bigint,
    p_capacity bigint
) returns void language plpgsql as $$
declare
    known bigint;
begin
    insert into rewards_counter (programme_id, scope_id, subject, starts_on)
        values (p_programme, p_scope, p_subject, rewards_no_period()) on conflict do nothing;
    perform from rewards_counter counter
        where counter.programme_id = p_programme and counter.scope_id = p_scope and counter.subject = p_subject
            and counter.starts_on = rewards_no_period() for no key update;
    select coalesce(sum(counter.taken), 0) into known from rewards_counter counter
        where counter.programme_id = p_programme and counter.scope_id = any (rewards_person(p_scope))
            and counter.subject = p_subject and counter.starts_on between p_from and p_day;
    if known + p_amount > p_capacity then
        perform rewards_refuse_limit(p_subject, greatest(0, p_capacity - known));
    end if;
    insert into rewards_counter as counter (programme_id, scope_id, subject, starts_on, ends_on, taken)
        values (p_programme, p_scope, p_subject, p_day, p_ends, p_amount)
        on conflict (programme_id, scope_id, subject, starts_on) do update set taken = counter.taken + excluded.taken;
end $$;
