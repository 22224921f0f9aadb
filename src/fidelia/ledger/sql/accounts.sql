-- Open accounts in a currency; one that is open stays as it is.
create function public.ledger_open(
    p_accounts uuid[], p_partners uuid[], p_currency text, p_may_go_negative boolean, p_at timestamptz
) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    opened bigint;
begin
    insert into public.ledger_account (account_id, partner_id, opened_at)
        select id, partner, p_at from unnest(p_accounts, p_partners) opened (id, partner) order by id
        on conflict do nothing;
    insert into public.ledger_balance (account_id, currency, may_go_negative)
        select id, p_currency, p_may_go_negative from unnest(p_accounts) id order by id
        on conflict do nothing;
    get diagnostics opened = row_count;
    return opened;
end $$;

-- Follow the currency's flag. A balance that owes keeps the permission until what it owes is filled.
create function public.ledger_let_go_negative(p_currency text, p_may_go_negative boolean) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    changed bigint;
begin
    update public.ledger_balance b set may_go_negative = p_may_go_negative
        from (
            select account_id from public.ledger_balance
            where currency = p_currency and may_go_negative <> p_may_go_negative and owed = 0
            order by account_id for update
        ) chosen
        where b.account_id = chosen.account_id and b.currency = p_currency and b.owed = 0;
    get diagnostics changed = row_count;
    return changed;
end $$;

-- Close an account for good; every balance must be empty.
create function public.ledger_close(p_account uuid, p_at timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform from public.ledger_balance where account_id = p_account order by currency for update;
    if exists (
        select from public.ledger_balance where account_id = p_account and (posted <> 0 or held <> 0 or owed <> 0 or pending <> 0)
    ) then
        perform public.ledger_refuse('account_not_empty', jsonb_build_object('account_id', p_account));
    end if;
    update public.ledger_balance set is_closed = true where account_id = p_account;
    update public.ledger_account set closed_at = p_at where account_id = p_account and closed_at is null;
    if not found then
        perform public.ledger_refuse('unknown_account', jsonb_build_object('account_id', p_account));
    end if;
end $$;

-- Shut an account in all its currencies while its member counts elsewhere (in a pool), or open it again. Nothing is
-- posted to what is shut. Returns false where it is not empty: what is there would be out of everybody's reach.
create function public.ledger_shut(p_account uuid, p_is_shut boolean) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform from public.ledger_balance where account_id = p_account order by currency for update;
    if p_is_shut and exists (
        select from public.ledger_balance
        where account_id = p_account and (posted <> 0 or held <> 0 or owed <> 0 or pending <> 0)
    ) then
        return false;
    end if;
    update public.ledger_balance set is_closed = p_is_shut where account_id = p_account;
    return true;
end $$;

-- Erasure: what people wrote beside the postings of an account. The postings themselves are bookkeeping and stay.
create function public.ledger_forget_notes(p_account uuid) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    forgotten bigint;
begin
    update public.ledger_posting set note = '' where account_id = p_account and note <> '';
    get diagnostics forgotten = row_count;
    return forgotten;
end $$;

-- Lock a balance for what its transaction is about to post, so that what is read next stays true; false where the account
-- is closed, or somebody else holds it and the caller does not wait.
create function public.ledger_lock_balance(p_account uuid, p_currency text, p_waits boolean) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if p_waits then
        perform from public.ledger_balance
            where account_id = p_account and currency = p_currency and not is_closed for update;
    else
        perform from public.ledger_balance
            where account_id = p_account and currency = p_currency and not is_closed for update skip locked;
    end if;
    return found;
end $$;
