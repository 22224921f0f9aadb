-- Whether what is kept under one name is the person's who is here: under their own name, or one merged into it. Nobody
-- to compare with (a code without an owner, a checkout without a member) is no difference.
create or replace function rewards_is_person(p_owner uuid, p_customer uuid) returns boolean
language plpgsql stable parallel safe as $$
begin
    if p_owner is null or p_customer is null or p_owner = p_customer then
        return true;
    end if;
    return p_owner = any (rewards_person(p_customer));
end $$;

-- Why a code may not be used, or 'ok'; what is left of it is another question.
create or replace function rewards_coupon_state(
    p_code rewards_coupon_code, p_series rewards_coupon_series, p_customer uuid, p_at timestamptz
) returns text language plpgsql stable parallel safe as $$
begin
    return case
        when p_code.id is null then 'unknown'
        when p_code.revoked_at is not null or p_series.ended_at <= p_at then 'blocked'
        when p_at < greatest(p_series.valid_from, p_code.valid_from) then 'not_yet'
        when p_at >= least(p_series.valid_until, p_code.valid_until) then 'expired'
        when (p_series.is_assigned or p_series.uses_per_member is not null) and p_customer is null then 'needs_member'
        when p_series.is_assigned and p_code.customer_id is null then 'of_another_member'
        when not rewards_is_person(p_code.customer_id, p_customer) then 'of_another_member'
        else 'ok'
    end;
end $$;

create or replace function rewards_stock_state(p_stock rewards_stock, p_pieces bigint, p_at timestamptz) returns text
language plpgsql stable parallel safe as $$
begin
    return case
        when p_stock.id is null then 'unknown'
        when p_stock.ended_at <= p_at then 'blocked'
        when p_pieces <= 0 then 'malformed'
        else 'ok'
    end;
end $$;

create or replace function rewards_voucher_state(p_voucher rewards_voucher, p_customer uuid, p_at timestamptz) returns text
language plpgsql stable parallel safe as $$
begin
    return case
        when p_voucher.id is null then 'unknown'
        when p_voucher.revoked_at is not null then 'blocked'
        when p_at < p_voucher.valid_from then 'not_yet'
        when p_at >= p_voucher.valid_until then 'expired'
        when p_voucher.customer_id is null then 'ok'
        when p_customer is null then 'needs_member'
        when not rewards_is_person(p_voucher.customer_id, p_customer) then 'of_another_member'
        else 'ok'
    end;
end $$;

create or replace function rewards_card_state(p_card rewards_gift_card, p_at timestamptz) returns text
language plpgsql immutable parallel safe as $$
begin
    return case
        when p_card.id is null then 'unknown'
        when p_card.blocked_at is not null then 'blocked'
        when p_at >= p_card.expires_at then 'expired'
        else 'ok'
    end;
end $$;

-- What others have set aside of a counter and may still take.
create or replace function rewards_held(
    p_programme uuid, p_scope uuid, p_subject text, p_except uuid, p_now timestamptz
) returns bigint language plpgsql stable as $$
begin
    return (
        select coalesce(sum(held.amount), 0)::bigint from rewards_reservation held
        where held.programme_id = p_programme and held.scope_id = p_scope and held.subject = p_subject
            and held.expires_at > p_now and held.checkout_id is distinct from p_except);
end $$;

-- What was taken of a member's counter, or with a moment is held of it, under the names that were merged into this one.
create or replace function rewards_absorbed(
    p_programme uuid, p_scope uuid, p_subject text, p_except uuid, p_now timestamptz
) returns bigint language plpgsql stable as $$
begin
    if p_scope = rewards_anybody() then
        return 0;
    elsif p_now is not null then
        return (
            select coalesce(sum(rewards_held(p_programme, name, p_subject, p_except, p_now)), 0)::bigint
            from unnest(rewards_person(p_scope)) name where name <> p_scope);
    end if;
    return (
        select coalesce(sum(counter.taken), 0)::bigint from rewards_counter counter
        where counter.programme_id = p_programme and counter.scope_id = any (rewards_person(p_scope))
            and counter.scope_id <> p_scope and counter.subject = p_subject
            and counter.starts_on = rewards_no_period());
end $$;
