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
    unit_price bigint,
    unit_price_scale smallint,
    customer text,
    country text not null,
    store text not null,
    channel text not null,
    category text not null,
    primary key (import_id, row_number)
);

-- The planner knows nothing of rows just copied, and the application may not ANALYZE what it does not own: without this
-- a check of half a million rows was planned as a nested loop and ran for minutes.
create function activity_analyze_import_rows() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    analyze public.activity_import_row;
end $$;
