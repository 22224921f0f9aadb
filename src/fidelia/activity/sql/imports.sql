-- What a check of a file of purchases has understood, for its recording. Unlogged, as the rows it comes from.
drop function if exists activity_analyze_import_rows();
drop table if exists activity_import_row;

-- One row a receipt, its lines as arrays in the order of the file. `place` is the order in which receipts are decided:
-- a person's together, in the order of time; those of nobody last. `person` holds together what counts for one points
-- account, whatever names it comes under, so that no batch cuts a history in two.
create unlogged table activity_import_receipt (
    import_id uuid not null,
    place bigint not null,
    receipt text not null,
    kind text not null,
    person text,
    customer text,
    occurred_at timestamptz not null,
    country text not null,
    store text not null,
    channel text not null,
    net bigint not null,
    line_count int not null,
    products text[] not null,
    descriptions text[] not null,
    categories text[] not null,
    quantities bigint[] not null,
    nets bigint[] not null,
    unit_prices bigint[],
    unit_price_scales smallint[],
    discounts bigint[],
    primary key (import_id, place)
);

create unlogged table activity_import_product (
    import_id uuid not null,
    code text not null,
    name text not null,
    category text not null,
    product_id uuid,
    is_product boolean not null default true,
    primary key (import_id, code)
);

create function activity_analyze_import() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    analyze public.activity_import_receipt (import_id, place, receipt, person); -- of arrays it takes half a second
    analyze public.activity_import_product;
end $$;
