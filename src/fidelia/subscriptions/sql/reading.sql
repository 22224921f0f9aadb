-- The plans that a person had at an instant, with what they entitled to; null for none, which most have.
create or replace function subscriptions_for_rules(p_programme uuid, p_customers uuid[], p_at timestamptz)
returns jsonb language sql stable as $$
    select jsonb_agg(jsonb_build_object('plan', period.plan, 'entitlements', period.entitlements,
            'begins_at', period.begins_at)
        order by period.plan, period.id)
    from subscriptions_subscription held
    join subscriptions_period period on period.subscription_id = held.id
    where held.customer_id = any (p_customers) and held.programme_id = p_programme
        and period.begins_at <= p_at and (period.holds_until is null or period.holds_until > p_at)
$$;
