-- Write all of a closure in one call: nothing of it where another call came first, and nothing where something refuses.
--
-- The order of the locks is the same for all that writes: the checkout, the head of the member's chain, the balance with
-- its lots (spent before anything is earned), then what rewards takes in an order of its own: coupons, vouchers, gift
-- cards, stock, limits. p_revision is the revision that was read, 0 for a checkout that was not there, null to ask
-- nothing; the head of the chain moves by one or not at all. Returns null where another came first.
create or replace function activity_checkout_close(
    p_checkout text, p_basket text, p_evaluation text, p_revision integer, p_wait_ms integer, p_account uuid,
    p_sequence bigint, p_hash bytea, p_spend text, p_earn text, p_rewards text, p_purchase text, p_lines text,
    p_version uuid, p_record text, p_previous bytea
) returns activity_closed
language plpgsql volatile set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
    asked activity_checkout := json_populate_record(null::activity_checkout, p_checkout::json);
    bought activity_purchase := json_populate_record(null::activity_purchase, p_purchase::json);
    rewards jsonb := coalesce(p_rewards::jsonb, '{}');
    closed activity_closed;
begin
    if current_setting('lock_timeout') = '0' then -- else it travels with other calls, and waits no longer than they may
        perform set_config('lock_timeout', p_wait_ms || 'ms', true);
    end if;
    if p_revision is distinct from 0 then
        perform from activity_checkout kept
        where kept.checkout_id = asked.checkout_id and (p_revision is null or kept.revision = p_revision)
        for update;
        if not found then
            return null;
        end if;
    end if;
    if p_account is not null and p_sequence is not null then
        insert into activity_chain (account_id, sequence, hash) values (p_account, p_sequence, p_hash)
        on conflict (account_id) do update set sequence = excluded.sequence, hash = excluded.hash
            where activity_chain.sequence = excluded.sequence - 1;
        if not found then
            return null;
        end if;
    end if;
    closed.balance_after := bought.balance_after;
    if p_spend is not null then
        select outcome.balance into closed.balance_after
        from ledger_post_entry(p_account, json_populate_record(null::ledger_request, p_spend::json)) outcome;
    end if;
    if p_earn is not null then
        select outcome.balance into closed.balance_after
        from ledger_post_entry(p_account, json_populate_record(null::ledger_request, p_earn::json)) outcome;
    end if;
    if rewards ? 'take' then
        closed.rewards := rewards_consume(rewards->'take');
    end if;
    if rewards ? 'issue' then -- kept with the evaluation: a till that asks again must learn the codes
        closed.rewards := coalesce(closed.rewards, '{}')
            || jsonb_build_object('issued', rewards_issue(rewards->'issue'));
        p_evaluation := left(p_evaluation, -1) || ',"issued":' || (closed.rewards->'issued') || '}';
    end if;
    bought.balance_after := closed.balance_after;
    perform activity_write_purchase(bought, p_lines::json);
    insert into activity_decision (account_id, sequence, purchase_id, rule_version_id, record, previous_hash, hash,
        occurred_at, recorded_at)
    values (coalesce(p_account, bought.purchase_id), coalesce(p_sequence, 1), bought.purchase_id, p_version,
        p_record::jsonb, p_previous, p_hash, bought.occurred_at, bought.recorded_at);
    perform activity_write_checkout(asked, p_basket, p_evaluation, p_revision = 0);
    closed.purchase_id := bought.purchase_id;
    return closed;
end $$;

-- A purchase of a checkout with its lines.
create or replace function activity_write_purchase(bought activity_purchase, p_lines json) returns void
language plpgsql volatile set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
begin
    bought.changed_xid := pg_current_xact_id();
    insert into activity_purchase select bought.*;
    insert into activity_line (purchase_id, line_number, product_id, product_code, description, quantity, net,
        unit_price, unit_price_scale, is_product, points, returns_purchase_id, returns_line_number, gross, discount, tax,
        paid_by_points, paid_by_gift_cards, category, brand)
    select bought.purchase_id, line.line_number, line.product_id, line.product_code, line.description, line.quantity,
        line.net, line.unit_price, line.unit_price_scale, line.is_product, line.points, line.returns_purchase_id,
        line.returns_line_number, line.gross, line.discount, line.tax, line.paid_by_points, line.paid_by_gift_cards,
        line.category, line.brand
    from json_populate_recordset(null::activity_line, p_lines) line;
end $$;

-- The row of a checkout: new, or as it is now; without a basket, that stays, and nothing of it is written anew. Basket
-- and evaluation, which are long, come apart from the other columns, so that they are read once.
create or replace function activity_write_checkout(
    asked activity_checkout, p_basket text, p_evaluation text, p_is_new boolean
) returns void
language plpgsql volatile set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
begin
    asked.changed_xid := pg_current_xact_id();
    asked.basket := p_basket;
    asked.evaluation := p_evaluation;
    if p_is_new then
        insert into activity_checkout select asked.*;
    else
        update activity_checkout kept set
            state = asked.state, revision = asked.revision, customer_id = asked.customer_id,
            account_id = asked.account_id, partner_id = asked.partner_id, store_id = asked.store_id,
            channel = asked.channel, currency = asked.currency, basket = coalesce(asked.basket, kept.basket), evaluation = asked.evaluation,
            total = asked.total, points = asked.points, closures = asked.closures, purchase_id = asked.purchase_id,
            reserved_until = asked.reserved_until, updated_at = asked.updated_at, closed_at = asked.closed_at,
            cancelled_at = asked.cancelled_at, changed_xid = asked.changed_xid
        where kept.checkout_id = asked.checkout_id;
    end if;
end $$;

-- For closures that are written together (operations/checkouts/writing.py). Lock the checkouts that were there, in the order of
-- their ids, and tell which are still at the revision that was read (null asks nothing), by their places in the arrays; of one that is
-- named twice only the first.
create or replace function activity_lock_checkouts(p_ids uuid[], p_revisions integer[], p_wait_ms integer) returns bigint[]
language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set plan_cache_mode = force_generic_plan as $$
begin
    if current_setting('lock_timeout') = '0' then -- else they travel with other calls, and wait no longer than those may
        perform set_config('lock_timeout', p_wait_ms || 'ms', true);
    end if;
    return array(
        select asked.place
        from (
            select distinct on (one.id) one.id, one.revision, one.place
            from unnest(p_ids, p_revisions) with ordinality one (id, revision, place) order by one.id, one.place
        ) asked
        join activity_checkout kept
            on kept.checkout_id = asked.id and (asked.revision is null or kept.revision = asked.revision)
        order by asked.id for update of kept);
end $$;

-- The rows of several checkouts that are closed now, of which p_checkouts is a JSON array; those with other ids than p_ids are
-- passed over. Who is at revision 1 is new: there was no basket before the one that is closed.
create or replace function activity_write_checkouts(p_checkouts json, p_ids uuid[]) returns void
language plpgsql volatile set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
set plan_cache_mode = force_generic_plan as $$
begin
    with asked as materialized (
        select one.* from json_populate_recordset(null::activity_checkout, p_checkouts) one
        where one.checkout_id = any (p_ids)
    ), made as (
        insert into activity_checkout (checkout_id, source, number, state, revision, programme_id, customer_id,
            account_id, partner_id, store_id, channel, currency, basket, evaluation, total, points, closures,
            purchase_id, reserved_until, opened_at, updated_at, closed_at, cancelled_at, changed_xid)
        select checkout_id, source, number, state, revision, programme_id, customer_id,
            account_id, partner_id, store_id, channel, currency, basket, evaluation, total, points, closures,
            purchase_id, reserved_until, opened_at, updated_at, closed_at, cancelled_at, pg_current_xact_id()
        from asked where revision = 1
    )
    update activity_checkout kept set
        state = asked.state, revision = asked.revision, customer_id = asked.customer_id, account_id = asked.account_id,
        partner_id = asked.partner_id, store_id = asked.store_id, channel = asked.channel, currency = asked.currency,
        basket = coalesce(asked.basket, kept.basket), evaluation = asked.evaluation, total = asked.total,
        points = asked.points, closures = asked.closures, purchase_id = asked.purchase_id,
        reserved_until = asked.reserved_until, updated_at = asked.updated_at, closed_at = asked.closed_at,
        cancelled_at = asked.cancelled_at, changed_xid = pg_current_xact_id()
    from asked where kept.checkout_id = asked.checkout_id and asked.revision > 1;
end $$;
