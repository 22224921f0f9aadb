-- Pieces of stock are taken as limits are (spreading.sql): from slots while many are left, one after the other in the order of
-- their keys. What others have reserved is theirs: it is compared with what the counter has left, slots collected first.
create or replace function rewards_take_pieces(p jsonb) returns void language plpgsql as $$
declare
    item rewards_item;
begin
    for item in
        select one.* from unnest(rewards_items(p)) one where one.rank = 4 and one.capacity is not null
        order by one.subject
    loop
        perform rewards_take_piece(p, item);
    end loop;
end $$;

-- One stock and nothing else, as a choice of a reward asks: judged, told and taken without the lists that a basket needs,
-- which would cost as much as all the rest of the choice.
create or replace function rewards_take_one_stock(p jsonb, p_asked jsonb) returns void language plpgsql as $$
declare
    at timestamptz := p->>'at';
    pieces bigint := p_asked->>'pieces';
    stock rewards_stock;
    state text;
    item rewards_item;
begin
    select * into stock from rewards_stock one
        where one.id = (p_asked->>'id')::uuid and one.programme_id = (p->>'programme_id')::uuid;
    state := rewards_stock_state(stock, pieces, at);
    if state <> 'ok' then
        perform rewards_refuse('stock_' || state, jsonb_build_object('kind', 'stock', 'id', p_asked->>'id'));
    end if;
    item := row(4::smallint, 'stock:' || stock.id, rewards_anybody(), rewards_no_period(), pieces, stock.pieces, 'stock',
        stock.id::text)::rewards_item;
    insert into rewards_use (purchase_id, programme_id, scope_id, subject, starts_on, amount, is_counted, customer_id,
            store_id, occurred_at, recorded_at)
        values ((p->>'purchase_id')::uuid, stock.programme_id, item.scope_id, item.subject, item.starts_on, pieces,
            stock.pieces is not null, (p->>'customer_id')::uuid, (p->>'store_id')::uuid, at, (p->>'now')::timestamptz);
    if stock.pieces is not null then
        perform rewards_take_piece(p, item);
    end if;
end $$;

create or replace function rewards_take_piece(p jsonb, p_item rewards_item) returns void language plpgsql as $$
declare
    programme uuid := p->>'programme_id';
    slots constant smallint := 16;
    own smallint := pg_backend_pid() % slots;
    known rewards_counter;
    held bigint;
    has bigint; -- pieces in all, as of now: who changes them holds the counter
    chunk bigint;
    collected bigint := 0;
begin
    if rewards_take_of_slot(
        programme, p_item.scope_id, p_item.subject, p_item.starts_on, p_item.amount, own) then
        return;
    end if;
    perform rewards_lock(programme, array[p_item]);
    select * into known from rewards_counter counter
        where counter.programme_id = programme and counter.scope_id = p_item.scope_id
            and counter.subject = p_item.subject and counter.starts_on = p_item.starts_on;
    select one.capacity into has from unnest(rewards_items(p)) one where one.subject = p_item.subject;
    has := coalesce(has, p_item.capacity);
    held := rewards_held(
        programme, p_item.scope_id, p_item.subject, (p->>'checkout_id')::uuid, (p->>'now')::timestamptz);
    if known.is_spread and known.taken + held + p_item.amount > has then
        collected := rewards_collect(programme, p_item.scope_id, p_item.subject, p_item.starts_on);
        known.taken := known.taken - collected;
        known.is_spread := false;
    end if;
    if known.taken + held + p_item.amount > has then
        perform rewards_refuse(
            case when known.taken + p_item.amount <= has then 'stock_reserved' else 'stock_used_up' end,
            jsonb_build_object('kind', 'stock', 'id', p_item.item, 'left', greatest(0, has - known.taken)));
    end if;
    chunk := (has - known.taken - held - p_item.amount) / (2 * slots);
    chunk := case when chunk < 4 * p_item.amount then 0 else chunk end;
    update rewards_counter counter
        set taken = counter.taken - collected + p_item.amount + chunk, capacity = has, is_spread = known.is_spread or chunk > 0
        where counter.programme_id = programme and counter.scope_id = p_item.scope_id
            and counter.subject = p_item.subject and counter.starts_on = p_item.starts_on;
    if chunk > 0 then
        insert into rewards_slot as slot (programme_id, scope_id, subject, starts_on, slot, room)
            values (programme, p_item.scope_id, p_item.subject, p_item.starts_on, own, chunk)
            on conflict (programme_id, scope_id, subject, starts_on, slot) do update
                set room = slot.room + excluded.room;
    end if;
end $$;

-- Collect the slots of stock whose counter the caller has locked, so that what is counted there is what was given.
create or replace function rewards_collect_stock(p_programme uuid, p_items rewards_item[]) returns void
language plpgsql as $$
declare
    item rewards_item;
begin
    for item in
        select one.* from unnest(p_items) one
        join rewards_counter counter on counter.programme_id = p_programme and counter.scope_id = one.scope_id
            and counter.subject = one.subject and counter.starts_on = one.starts_on and counter.is_spread
        where one.rank = 4 order by one.subject
    loop
        update rewards_counter counter
            set taken = counter.taken - rewards_collect(p_programme, item.scope_id, item.subject, item.starts_on),
                is_spread = false
            where counter.programme_id = p_programme and counter.scope_id = item.scope_id
                and counter.subject = item.subject and counter.starts_on = item.starts_on;
    end loop;
end $$;
