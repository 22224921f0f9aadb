-- Count one limit. Many checkouts would wait for one row until the one before has committed; so while much is left, parts of
-- it are set aside in slots, and a checkout takes from one slot. What slots may still give away counts as taken in the
-- counter, so that their sum can never pass the capacity. Shortly before the end, and before each share that is told of,
-- the slots are collected: from there on every checkout takes from the counter itself, exact to the last unit.
--
-- Locks: a checkout holds one slot, or the counter and then slots; never a slot while it waits for the counter. The
-- subtransaction sees to that: a slot found empty after a wait is let go with it (tests/rewards/test_budgets.py).
create or replace function rewards_take_limit(
    p jsonb, p_scope uuid, p_subject text, p_starts date, p_ends date, p_amount bigint, p_capacity bigint,
    p_alerts smallint[], p_spreads boolean
) returns void language plpgsql as $$
declare
    programme uuid := p->>'programme_id';
    slots constant smallint := 16;
    own smallint := pg_backend_pid() % slots;
    known rewards_counter;
    next_stage bigint; -- the next amount at which something is told, or the end
    chunk bigint := 0;
    collected bigint := 0;
    absorbed bigint := 0;
begin
    if p_spreads and rewards_take_of_slot(programme, p_scope, p_subject, p_starts, p_amount, own) then
        return;
    end if;
    insert into rewards_counter (programme_id, scope_id, subject, starts_on, ends_on)
        values (programme, p_scope, p_subject, p_starts, p_ends) on conflict do nothing;
    select * into known from rewards_counter counter
        where counter.programme_id = programme and counter.scope_id = p_scope and counter.subject = p_subject
            and counter.starts_on = p_starts
        for no key update;
    next_stage := least(p_capacity, (
        select min((p_capacity * share + 99) / 100) from unnest(p_alerts) share where share > known.alerted));
    if known.is_spread and known.taken + p_amount >= next_stage then
        collected := rewards_collect(programme, p_scope, p_subject, p_starts);
        known.taken := known.taken - collected;
        known.is_spread := false;
    end if;
    if not p_spreads then -- a member's: what was counted under the names that were merged into this one counts too
        absorbed := (
            select coalesce(sum(counter.taken), 0) from rewards_counter counter
            where counter.programme_id = programme and counter.scope_id = any (rewards_person(p_scope))
                and counter.scope_id <> p_scope and counter.subject = p_subject and counter.starts_on = p_starts);
    end if;
    if known.taken + absorbed + p_amount > p_capacity then
        perform rewards_refuse_limit(p_subject, greatest(0, p_capacity - known.taken - absorbed));
    end if;
    if p_spreads then
        chunk := (next_stage - known.taken - p_amount) / (2 * slots);
        chunk := case when chunk < 4 * p_amount then 0 else chunk end; -- so little is not worth a slot
    end if;
    update rewards_counter counter
        set taken = counter.taken - collected + p_amount + chunk, capacity = p_capacity,
            is_spread = known.is_spread or chunk > 0
        where counter.programme_id = programme and counter.scope_id = p_scope and counter.subject = p_subject
            and counter.starts_on = p_starts;
    if chunk > 0 then
        insert into rewards_slot as slot (programme_id, scope_id, subject, starts_on, slot, room)
            values (programme, p_scope, p_subject, p_starts, own, chunk)
            on conflict (programme_id, scope_id, subject, starts_on, slot) do update
                set room = slot.room + excluded.room;
    else
        perform rewards_alert(p, p_scope, p_subject, p_starts, known.taken + p_amount, p_capacity, p_alerts,
            known.alerted);
    end if;
end $$;

-- Take from a slot, if it has enough; without a wait for the counter.
create or replace function rewards_take_of_slot(
    p_programme uuid, p_scope uuid, p_subject text, p_starts date, p_amount bigint, p_slot smallint
) returns boolean language plpgsql as $$
begin
    if not exists (
        select from rewards_slot slot
        where slot.programme_id = p_programme and slot.scope_id = p_scope and slot.subject = p_subject
            and slot.starts_on = p_starts and slot.slot = p_slot and slot.room >= p_amount)
    then
        return false;
    end if;
    begin
        update rewards_slot slot set room = slot.room - p_amount
            where slot.programme_id = p_programme and slot.scope_id = p_scope and slot.subject = p_subject
                and slot.starts_on = p_starts and slot.slot = p_slot and slot.room >= p_amount;
        if not found then
            raise exception using errcode = 'FR002', message = 'the slot was emptied while we waited';
        end if;
    exception when sqlstate 'FR002' then
        return false;
    end;
    return true;
end $$;

-- Empty all slots of a counter that the caller has locked; return what they still had.
create or replace function rewards_collect(p_programme uuid, p_scope uuid, p_subject text, p_starts date) returns bigint
language plpgsql as $$
declare
    had bigint;
begin
    perform from rewards_slot slot
        where slot.programme_id = p_programme and slot.scope_id = p_scope and slot.subject = p_subject
            and slot.starts_on = p_starts order by slot.slot for no key update;
    select coalesce(sum(slot.room), 0) into had from rewards_slot slot
        where slot.programme_id = p_programme and slot.scope_id = p_scope and slot.subject = p_subject
            and slot.starts_on = p_starts;
    update rewards_slot slot set room = 0
        where slot.programme_id = p_programme and slot.scope_id = p_scope and slot.subject = p_subject
            and slot.starts_on = p_starts and slot.room > 0;
    return had;
end $$;
