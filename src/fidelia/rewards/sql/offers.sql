-- The offers that a person had activated at an instant; null for none.
create or replace function rewards_offers_for_rules(p_programme uuid, p_customers uuid[], p_at timestamptz)
returns jsonb language sql stable as $$
    select jsonb_agg(distinct given.offer)
    from rewards_offer_activation given
    where given.customer_id = any (p_customers) and given.programme_id = p_programme
        and given.activated_at <= p_at and (given.holds_until is null or given.holds_until > p_at)
$$;
