-- Issue what a purchase earned: a code of a series for its member, or a voucher. Codes come from the server's own strong
-- chance (gen_random_uuid), letter by letter; what favours a letter is thrown away.
create or replace function rewards_draw(p_pattern text, p_alphabet text) returns text language plpgsql volatile as $$
declare
    fair int := 256 - 256 % length(p_alphabet);
    code text := '';
    drawn int;
    place text;
begin
    foreach place in array string_to_array(replace(p_pattern, '-', ''), null) loop
        if place = '#' then
            loop
                drawn := get_byte(uuid_send(gen_random_uuid()), 0);
                exit when drawn < fair;
            end loop;
            code := code || substr(p_alphabet, drawn % length(p_alphabet) + 1, 1);
        else
            code := code || place;
        end if;
    end loop;
    return code;
end $$;

create or replace function rewards_issue(p jsonb) returns jsonb
language plpgsql set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
    coupons jsonb := '[]';
    vouchers jsonb := '[]';
    asked jsonb;
begin
    for asked in
        select one from jsonb_array_elements(coalesce(p->'coupons', '[]')) one
        cross join lateral generate_series(1, coalesce((one->>'count')::int, 1))
    loop
        coupons := coupons || rewards_issue_coupon(p, asked);
    end loop;
    for asked in
        select one from jsonb_array_elements(coalesce(p->'vouchers', '[]')) one
        cross join lateral generate_series(1, coalesce((one->>'count')::int, 1))
    loop
        vouchers := vouchers || rewards_issue_voucher(p, asked);
    end loop;
    return jsonb_build_object('coupons', coupons, 'vouchers', vouchers);
end $$;

-- A series with one code for everybody gives that one; of the others each gets a code of its own.
create or replace function rewards_issue_coupon(p jsonb, p_asked jsonb) returns jsonb language plpgsql as $$
declare
    programme uuid := p->>'programme_id';
    series rewards_coupon_series;
    given rewards_coupon_code;
begin
    select * into series from rewards_coupon_series one
        where one.programme_id = programme and one.key = p_asked->>'series' and one.ended_at is null;
    if series.id is null then
        perform rewards_refuse('series_unknown', jsonb_build_object('kind', 'series', 'id', p_asked->>'series'));
    end if;
    if series.kind = 'generic' then
        select * into given from rewards_coupon_code one where one.series_id = series.id order by one.id limit 1;
    else
        for _again in 1..20 loop
            insert into rewards_coupon_code (programme_id, code, series_id, customer_id, assigned_at, created_at,
                    valid_from, valid_until, source_id)
                values (programme, rewards_draw(series.pattern, series.alphabet), series.id, (p->>'customer_id')::uuid,
                    case when p->>'customer_id' is not null then (p->>'now')::timestamptz end,
                    (p->>'now')::timestamptz, (p_asked->>'valid_from')::timestamptz,
                    (p_asked->>'valid_until')::timestamptz, (p->>'purchase_id')::uuid)
                on conflict (programme_id, code) do nothing
                returning * into given;
            exit when given.id is not null;
        end loop;
        if given.id is null then
            perform rewards_refuse('codes_exhausted', jsonb_build_object('kind', 'series', 'id', series.key));
        end if;
        perform rewards_announce(p, 'coupon.assigned',
            jsonb_build_object('series_id', series.id, 'coupon_id', given.id));
    end if;
    return jsonb_build_object('rule', p_asked->>'rule', 'series', series.key, 'code', given.code, 'id', given.id,
        'valid_from', greatest(series.valid_from, given.valid_from),
        'valid_until', least(series.valid_until, given.valid_until));
end $$;

create or replace function rewards_issue_voucher(p jsonb, p_asked jsonb) returns jsonb language plpgsql as $$
declare
    given rewards_voucher;
begin
    for _again in 1..20 loop
        insert into rewards_voucher (id, programme_id, partner_id, code, name, customer_id, amount, currency,
                minimum_basket, is_divisible, purpose, valid_from, valid_until, source_type, source_id, per_checkout,
                issued_at)
            values (gen_random_uuid(), (p->>'programme_id')::uuid, (p->>'partner_id')::uuid,
                rewards_draw('############', '23456789ABCDEFGHJKMNPQRSTUVWXYZ'), p_asked->'name',
                (p->>'customer_id')::uuid, (p_asked->>'amount')::bigint, p_asked->>'currency',
                coalesce((p_asked->>'minimum_basket')::bigint, 0),
                coalesce((p_asked->>'is_divisible')::boolean, false), coalesce(p_asked->>'purpose', 'multi'),
                (p_asked->>'valid_from')::timestamptz, (p_asked->>'valid_until')::timestamptz,
                coalesce(p->>'source_type', 'purchase'), coalesce(p->>'source_id', p->>'purchase_id')::uuid,
                (p_asked->>'per_checkout')::smallint, (p->>'now')::timestamptz)
            on conflict do nothing
            returning * into given;
        exit when given.id is not null;
    end loop;
    if given.id is null then
        perform rewards_refuse('codes_exhausted', jsonb_build_object('kind', 'voucher', 'id', null));
    end if;
    perform rewards_announce(p, 'voucher.issued', jsonb_build_object('voucher_id', given.id, 'programme_id',
        given.programme_id, 'amount', given.amount, 'currency', given.currency));
    return jsonb_build_object('rule', p_asked->>'rule', 'id', given.id, 'code', given.code, 'amount', given.amount,
        'valid_from', given.valid_from, 'valid_until', given.valid_until);
end $$;

create or replace function rewards_announce(p jsonb, p_name text, p_payload jsonb) returns void language plpgsql as $$
begin
    insert into kernel_outbox (name, schema_version, origin, customer_id, payload, occurred_at)
        values (p_name, 1, coalesce(p->>'origin', 'live'), (p->>'customer_id')::uuid, p_payload,
            (p->>'at')::timestamptz);
end $$;

-- Withdraw what a purchase issued and nobody has used; return how many.
create or replace function rewards_withdraw_issued(p_purchase uuid, p_now timestamptz) returns integer
language plpgsql as $$
declare
    coupons integer;
    vouchers integer;
begin
    update rewards_coupon_code coupon set revoked_at = p_now
        where coupon.source_id = p_purchase and coupon.revoked_at is null and not exists (
            select from rewards_use used where used.programme_id = coupon.programme_id
                and used.subject = 'coupon:' || coupon.id);
    get diagnostics coupons = row_count;
    -- Its counter first: a checkout that takes it holds the counter, and reads the voucher after its wait.
    insert into rewards_counter (programme_id, scope_id, subject, starts_on)
        select voucher.programme_id, rewards_anybody(), 'voucher:' || voucher.id, rewards_no_period()
        from rewards_voucher voucher where voucher.source_id = p_purchase and voucher.source_type = 'purchase'
        order by voucher.id on conflict do nothing;
    perform from rewards_voucher voucher
        join rewards_counter counter on counter.programme_id = voucher.programme_id
            and counter.scope_id = rewards_anybody() and counter.subject = 'voucher:' || voucher.id
            and counter.starts_on = rewards_no_period()
        where voucher.source_id = p_purchase and voucher.source_type = 'purchase'
        order by counter.subject for no key update of counter;
    update rewards_voucher voucher set revoked_at = p_now
        where voucher.source_id = p_purchase and voucher.source_type = 'purchase' and voucher.revoked_at is null
            and not exists (
                select from rewards_counter counter where counter.programme_id = voucher.programme_id
                    and counter.scope_id = rewards_anybody() and counter.subject = 'voucher:' || voucher.id
                    and counter.starts_on = rewards_no_period() and counter.taken > 0);
    get diagnostics vouchers = row_count;
    return coupons + vouchers;
end $$;
