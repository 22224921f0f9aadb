-- What several closures take that others need not wait for: limits that are counted in slots or by member, and their own
-- reservations, which they drop. p_asked is a JSON array of what rewards_consume reads of each. Limits are taken in the
-- order of their keys, the sum of all from one slot where it has enough; else one after the other, as rewards_consume
-- would, which refuses whoever is one too many, and with it all: then each closes by itself.
create or replace function rewards_consume_together(p_asked json) returns void
language plpgsql strict volatile set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
    asked record;
    one record;
    own constant smallint := pg_backend_pid() % 16;
begin
    delete from rewards_reservation held
        where held.checkout_id = any (array(select (each->>'checkout_id')::uuid from json_array_elements(p_asked) each));
    for asked in
        select taken.programme_id, 'limit:' || taken.subject as subject,
            coalesce(taken.scope_id, rewards_anybody()) as scope_id,
            coalesce(taken.starts_on, rewards_no_period()) as starts_on, taken.ends_on, taken.capacity,
            coalesce(taken.spreads, false) as spreads, coalesce(taken.alerts, '{}') as alerts,
            sum(taken.amount)::bigint as amount, max(taken.amount) as largest, array_agg(taken.place) as places,
            array_agg(taken.amount) as amounts
        from (
            select told.programme_id, taking.*, place
            from json_array_elements(p_asked) with ordinality each (asked, place)
            cross join lateral json_to_record(each.asked) told (programme_id uuid, limits json)
            cross join lateral json_to_recordset(told.limits) taking (
                subject text, scope_id uuid, starts_on date, ends_on date, amount bigint, capacity bigint,
                spreads boolean, alerts smallint[])
            where taking.amount > 0
        ) taken
        group by 1, 2, 3, 4, 5, 6, 7, 8 order by 1, 2, 3, 4, 6
    loop
        if asked.largest > asked.capacity then
            perform rewards_refuse_limit(asked.subject, null);
        end if;
        if not (asked.spreads and rewards_take_of_slot(
            asked.programme_id, asked.scope_id, asked.subject, asked.starts_on, asked.amount, own))
        then
            for one in select * from unnest(asked.places, asked.amounts) part (place, amount) order by part.place loop
                perform rewards_take_limit(
                    (p_asked->(one.place::integer - 1))::jsonb, asked.scope_id, asked.subject, asked.starts_on,
                    asked.ends_on, one.amount, asked.capacity, asked.alerts, asked.spreads);
            end loop;
        end if;
    end loop;
    insert into rewards_use (purchase_id, programme_id, scope_id, subject, starts_on, amount, is_counted, customer_id,
            store_id, occurred_at, recorded_at)
        select told.purchase_id, told.programme_id, coalesce(taking.scope_id, rewards_anybody()),
            'limit:' || taking.subject, coalesce(taking.starts_on, rewards_no_period()), taking.amount, true,
            told.customer_id, told.store_id, told.at, told.now
        from json_array_elements(p_asked) with ordinality each (asked, place)
        cross join lateral json_to_record(each.asked) told (
            purchase_id uuid, programme_id uuid, customer_id uuid, store_id uuid, at timestamptz, now timestamptz,
            limits json)
        cross join lateral json_to_recordset(told.limits) taking (
            subject text, scope_id uuid, starts_on date, amount bigint)
        where taking.amount > 0
        order by each.place, 4;
end $$;
