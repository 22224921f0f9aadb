-- Rows of a file on their way in. Unlogged: after a crash the file is read again, and what was recorded is known.
create unlogged table activity_import_row (
    import_id uuid not null,
    row_number bigint not null,
    receipt text not null,
    occurred_at timestamptz not null,
    product text not null,
    description text not null,
    quantity bigint not null,
    net bigint not null,
    customer text,
    country text not null,
    store text not null,
    channel text not null,
    category text not null,
    primary key (import_id, row_number)
);
