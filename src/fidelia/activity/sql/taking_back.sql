-- What an import recorded is taken back: the rows move, as they are, from the tables that everybody reads to one that keeps
-- them. The application may delete no purchase; this function moves those of imports, and nothing else.
create function activity_take_back(p_import uuid, p_purchases uuid[], p_at timestamptz) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moved bigint;
begin
    if exists (
        select from public.activity_purchase
        where purchase_id = any (p_purchases)
            and (origin <> 'backfill' or not starts_with(idempotency_owner, 'import:'))
    ) or exists (
        select from public.activity_line back
        where back.returns_purchase_id = any (p_purchases) and back.purchase_id <> all (p_purchases)
    ) or exists (
        select from public.activity_claim claim join public.activity_purchase purchase using (purchase_id)
        where purchase_id = any (p_purchases) and purchase.customer_id is null
    ) then
        raise exception 'only what an import recorded, and nothing depends on, is taken back';
    end if;
    insert into public.activity_taken_back (
        purchase_id, import_id, customer_id, purchase, lines, claim, taken_back_at)
    select purchase.purchase_id, p_import, purchase.customer_id, to_jsonb(purchase),
        (select coalesce(jsonb_agg(to_jsonb(line) order by line.line_number), '[]') from public.activity_line line
            where line.purchase_id = purchase.purchase_id),
        to_jsonb(claim), p_at
    from public.activity_purchase purchase left join public.activity_claim claim using (purchase_id)
    where purchase.purchase_id = any (p_purchases);
    get diagnostics moved = row_count;
    delete from public.activity_claim where purchase_id = any (p_purchases);
    delete from public.activity_line where purchase_id = any (p_purchases);
    delete from public.activity_purchase where purchase_id = any (p_purchases);
    return moved;
end $$;
