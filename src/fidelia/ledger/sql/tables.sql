-- The tables of the ledger. Every key begins with account_id, nothing needs a trigger or a foreign key on the hot road,
-- and no column that changes is in an index of a hot row: so updates stay HOT, and the tables could be distributed.
--
-- CHECKs stand only where they are the last guard of an amount. PostgreSQL reads each of a table's CHECKs anew for
-- every statement that writes it, and lists of allowed words cost a third of a posting; only the functions write, and
-- the view of broken invariants knows the words.

create table public.ledger_account (
    account_id uuid primary key,
    partner_id uuid,
    opened_at timestamptz not null,
    closed_at timestamptz
);

-- posted: all points of the account (codes member and held). held: the part kept by open holds. owed: what was taken
-- back beyond what was there; the next points fill it first. So: posted - held = what the open lots hold - owed.
-- pending: promised and not yet there, beside all of that.
create table public.ledger_balance (
    account_id uuid not null references public.ledger_account,
    currency text collate "C" not null,
    posted bigint not null default 0,
    held bigint not null default 0,
    owed bigint not null default 0,
    version bigint not null default 0,
    may_go_negative boolean not null,
    is_closed boolean not null default false,
    pending bigint not null default 0,
    primary key (account_id, currency),
    constraint "what is held is not negative" check (held >= 0),
    constraint "what is held is there" check (posted - held >= -owed),
    constraint "only a balance that may go negative owes" check (owed = 0 or (owed > 0 and may_go_negative))
) with (fillfactor = 70);

-- One row per posting; it is the idempotency record too, kept as long as the ledger.
create table public.ledger_posting (
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    requested bigint not null,
    already_expired bigint not null default 0,
    uncollected bigint not null default 0,
    account_id uuid not null,
    posting_id uuid not null,
    target_id uuid,
    link_id uuid,
    actor_id uuid,
    source_id uuid,
    idem_key text collate "C" not null,
    request_hash bytea not null,
    kind text collate "C" not null,
    currency text collate "C" not null,
    origin text collate "C" not null,
    actor_kind text collate "C" not null,
    source_type text not null default '',
    note text not null default '',
    lives_until timestamptz, -- until when it let the account's lots live on
    primary key (account_id, idem_key)
);
create unique index a_posting_is_reversed_once on public.ledger_posting (account_id, target_id) where kind = 'reverse';

-- The entries of a posting sum to zero; both legs carry the account. The primary key is also the order of lists.
create table public.ledger_entry (
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    amount bigint not null,
    balance_after bigint,
    unit_cost bigint not null,
    version bigint not null,
    account_id uuid not null,
    posting_id uuid not null,
    lot_id uuid,
    partner_id uuid,
    store_id uuid,
    rule_version_id uuid,
    seq smallint not null,
    code text collate "C" not null,
    currency text collate "C" not null,
    funding text collate "C" not null,
    primary key (account_id, occurred_at, posting_id, seq)
);

create table public.ledger_lot (
    amount bigint not null,
    remaining bigint not null,
    earned_at timestamptz not null,
    expires_at timestamptz,
    unit_cost bigint not null,
    account_id uuid not null,
    lot_id uuid not null,
    partner_id uuid,
    rule_version_id uuid,
    currency text collate "C" not null,
    funding text collate "C" not null,
    is_open boolean not null,
    primary key (account_id, lot_id),
    constraint "a lot is never overdrawn" check (remaining >= 0),
    constraint "a lot is open while something remains" check (is_open = (remaining > 0))
) with (fillfactor = 80);
-- remaining is in neither: is_open changes once in the life of most lots, remaining with every burn.
create index open_lots_of_an_account on public.ledger_lot (account_id, expires_at) where is_open;
create index open_lots_by_expiry on public.ledger_lot (expires_at, account_id) where is_open and expires_at is not null;

create table public.ledger_hold (
    amount bigint not null,
    captured bigint not null default 0,
    held_at timestamptz not null,
    expires_at timestamptz,
    ended_at timestamptz,
    account_id uuid not null,
    hold_id uuid not null,
    currency text collate "C" not null,
    state text collate "C" not null default 'open',
    primary key (account_id, hold_id),
    constraint "a hold keeps something" check (amount > 0),
    constraint "a hold is captured up to its amount" check (captured between 0 and amount),
    constraint "a hold is in one of four states" check (state in ('open', 'captured', 'released', 'expired')),
    constraint "an open hold has not ended" check ((state = 'open') = (ended_at is null))
);
create index open_holds_by_expiry on public.ledger_hold (expires_at, account_id) where state = 'open';

-- Points promised: `remaining` of them become a lot of the same id at activates_at, or when somebody says so; at
-- cancels_at they are given up. expires_at is that of the lot they become by time alone.
create table public.ledger_pending (
    amount bigint not null,
    remaining bigint not null,
    pended_at timestamptz not null,
    activates_at timestamptz,
    cancels_at timestamptz,
    expires_at timestamptz,
    unit_cost bigint not null,
    account_id uuid not null,
    lot_id uuid not null,
    posting_id uuid not null,
    partner_id uuid,
    rule_version_id uuid,
    currency text collate "C" not null,
    funding text collate "C" not null,
    is_open boolean not null,
    primary key (account_id, lot_id),
    constraint "what is pending is never overdrawn" check (remaining >= 0),
    constraint "points are pending while something remains" check (is_open = (remaining > 0))
);
create index pending_by_activation on public.ledger_pending (activates_at, account_id)
    where is_open and activates_at is not null;
create index pending_by_cancellation on public.ledger_pending (cancels_at, account_id)
    where is_open and cancels_at is not null;
revoke insert, update, delete, truncate on public.ledger_pending from fidelia_app;
-- (end of what is promised)

-- What the functions speak: one part of what is earned, one movement, a request, and its outcome.
create type public.ledger_part as (
    lot_id uuid,
    amount bigint,
    earned_at timestamptz,
    expires_at timestamptz,
    partner_id uuid,
    rule_version_id uuid,
    funding text,
    unit_cost bigint
);
create type public.ledger_move as (
    from_code text,
    to_code text,
    amount bigint,
    lot_id uuid,
    rule_version_id uuid,
    funding text,
    unit_cost bigint
);
create type public.ledger_request as (
    idem_key text,
    request_hash bytea,
    posting_id uuid,
    kind text,
    currency text,
    amount bigint,
    occurred_at timestamptz,
    recorded_at timestamptz,
    partner_id uuid,
    store_id uuid,
    actor_kind text,
    actor_id uuid,
    origin text,
    source_type text,
    source_id uuid,
    note text,
    target_id uuid,
    link_id uuid,
    policy text,
    hold_expires_at timestamptz,
    parts public.ledger_part[],
    activates_at timestamptz,
    cancels_at timestamptz,
    lives_until timestamptz,
    since timestamptz,
    target_account_id uuid
);
create type public.ledger_outcome as (
    posting_id uuid,
    replayed boolean,
    amount bigint,
    balance bigint,
    shortfall bigint,
    already_expired bigint,
    uncollected bigint
);

-- All writing goes through the functions, which run with the owner's rights.
revoke insert, update, delete, truncate on public.ledger_account, public.ledger_balance, public.ledger_posting,
    public.ledger_entry, public.ledger_lot, public.ledger_hold from fidelia_app;
