-- What was taken of what is scarce. The order of the key is the order in which rows are taken.
create table rewards_counter (
    programme_id uuid not null,
    scope_id uuid not null,
    subject varchar(160) collate "C" not null,
    starts_on date not null,
    ends_on date, -- the first day after the period; null: there is none
    taken bigint not null default 0 constraint "nothing is taken below zero" check (taken >= 0),
    capacity bigint,
    is_spread boolean not null default false,
    alerted smallint not null default 0,
    primary key (programme_id, scope_id, subject, starts_on),
    constraint "no counter passes its capacity" check (capacity is null or taken <= capacity)
) with (fillfactor = 60);

create table rewards_slot (
    programme_id uuid not null,
    scope_id uuid not null,
    subject varchar(160) collate "C" not null,
    starts_on date not null,
    slot smallint not null,
    room bigint not null constraint "no slot gives more than it has" check (room >= 0),
    primary key (programme_id, scope_id, subject, starts_on, slot)
) with (fillfactor = 30);

create table rewards_reservation (
    checkout_id uuid not null,
    programme_id uuid not null,
    scope_id uuid not null,
    subject varchar(160) collate "C" not null,
    amount bigint not null constraint "a reservation sets something aside" check (amount > 0),
    expires_at timestamptz not null,
    primary key (checkout_id, scope_id, subject)
) with (fillfactor = 70);
create index "reservations of a counter" on rewards_reservation (programme_id, scope_id, subject);
create index "reservations that expire" on rewards_reservation (expires_at);

create table rewards_use (
    id bigint generated always as identity primary key,
    purchase_id uuid not null,
    programme_id uuid not null,
    scope_id uuid not null,
    subject varchar(160) collate "C" not null,
    starts_on date not null,
    amount bigint not null constraint "a use takes something or gives it back" check (amount <> 0),
    is_counted boolean not null, -- false: there is no limit, so there is no counter either
    customer_id uuid,
    store_id uuid,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null
);
create index "uses of a purchase" on rewards_use (purchase_id);
create index "uses of a counter" on rewards_use (programme_id, subject, id);
create index "uses of a customer" on rewards_use (customer_id) where customer_id is not null;
revoke update, delete on rewards_use from fidelia_app;
-- Erasing a person leaves the counts, without the person.
grant update (customer_id) on rewards_use to fidelia_app;
revoke update, delete on rewards_gift_card_movement from fidelia_app;

-- One counter that a checkout asks of: `kind` and `item` name what was asked, for the refusal.
create type rewards_item as (
    rank smallint, subject text, scope_id uuid, starts_on date, amount bigint, capacity bigint, kind text, item text
);

-- Refuse in a way that Python turns into the refusal of that name (errors.refusal_of).
create function rewards_refuse(p_code text, p_details jsonb) returns void language plpgsql as $$
begin
    raise exception using errcode = 'FR001', message = p_code, detail = p_details::text;
end $$;

create function rewards_anybody() returns uuid language sql immutable parallel safe as $$
    select '00000000-0000-0000-0000-000000000000'::uuid
$$;

create function rewards_no_period() returns date language sql immutable parallel safe as $$
    select '0001-01-01'::date
$$;
