"""What analytics may read of rewards: series, what purchases used, vouchers, and the movements of gift cards."""

from __future__ import annotations

from fidelia.kernel.facts import FactTable

COUPON_SERIES = FactTable(
    name="coupon_series",
    sql="""select id::text as series_id, programme_id::text, partner_id::text, key, kind, valid_from, valid_until,
       uses, uses_per_code, uses_per_member, created_at
from rewards_coupon_series""",
    columns={
        "series_id": "string",
        "programme_id": "string",
        "partner_id": "string",
        "key": "string",
        "kind": "string",
        "valid_from": "timestamp",
        "valid_until": "timestamp",
        "uses": "int64",
        "uses_per_code": "int64",
        "uses_per_member": "int64",
        "created_at": "timestamp",
    },
    key=("series_id",),
    recorded_at_column="created_at",
)
# One row per coupon, voucher, stock or limit that a purchase used or gave back; `thing` without the code itself.
REWARD_USES = FactTable(
    name="reward_uses",
    sql="""select used.id as use_id, used.purchase_id::text, used.programme_id::text, used.customer_id::text,
       used.store_id::text, split_part(used.subject, ':', 1) as kind,
       coalesce(code.series_id::text, substr(used.subject, strpos(used.subject, ':') + 1)) as thing,
       used.amount, used.occurred_at, used.recorded_at
from rewards_use used
left join rewards_coupon_code code on used.subject = 'coupon:' || code.id
where used.subject not like 'series:%'""",
    columns={
        "use_id": "int64",
        "purchase_id": "string",
        "programme_id": "string",
        "customer_id": "string",
        "store_id": "string",
        "kind": "string",
        "thing": "string",
        "amount": "int64",
        "occurred_at": "timestamp",
        "recorded_at": "timestamp",
    },
    key=("use_id",),
    recorded_at_column="recorded_at",
)
VOUCHERS = FactTable(
    name="vouchers",
    sql="""select id::text as voucher_id, programme_id::text, partner_id::text, customer_id::text, amount, currency,
       minimum_basket, is_divisible, purpose, valid_from, valid_until, source_type, source_id::text, issued_at,
       revoked_at
from rewards_voucher""",
    columns={
        "voucher_id": "string",
        "programme_id": "string",
        "partner_id": "string",
        "customer_id": "string",
        "amount": "int64",
        "currency": "string",
        "minimum_basket": "int64",
        "is_divisible": "boolean",
        "purpose": "string",
        "valid_from": "timestamp",
        "valid_until": "timestamp",
        "source_type": "string",
        "source_id": "string",
        "issued_at": "timestamp",
        "revoked_at": "timestamp",
    },
    key=("voucher_id",),
    recorded_at_column="issued_at",
)
GIFT_CARD_MOVEMENTS = FactTable(
    name="gift_card_movements",
    sql="""select moved.id as movement_id, moved.card_id::text as gift_card_id, card.programme_id::text,
       card.partner_id::text, card.store_id::text, card.customer_id::text, card.currency, moved.kind, moved.amount,
       moved.balance_after, moved.purchase_id::text, moved.occurred_at, moved.recorded_at
from rewards_gift_card_movement moved join rewards_gift_card card on card.id = moved.card_id""",
    columns={
        "movement_id": "int64",
        "gift_card_id": "string",
        "programme_id": "string",
        "partner_id": "string",
        "store_id": "string",
        "customer_id": "string",
        "currency": "string",
        "kind": "string",
        "amount": "int64",
        "balance_after": "int64",
        "purchase_id": "string",
        "occurred_at": "timestamp",
        "recorded_at": "timestamp",
    },
    key=("movement_id",),
    recorded_at_column="recorded_at",
)
# One row per code that somebody was given, without the code itself.
COUPONS = FactTable(
    name="coupons",
    sql="""select given.id as coupon_id, given.series_id::text, given.programme_id::text, given.customer_id::text,
       given.assigned_at, given.valid_from, given.valid_until, given.revoked_at, given.source_id::text as purchase_id,
       given.created_at
from rewards_coupon_code given where given.customer_id is not null""",
    columns={
        "coupon_id": "int64",
        "series_id": "string",
        "programme_id": "string",
        "customer_id": "string",
        "assigned_at": "timestamp",
        "valid_from": "timestamp",
        "valid_until": "timestamp",
        "revoked_at": "timestamp",
        "purchase_id": "string",
        "created_at": "timestamp",
    },
    key=("coupon_id",),
    recorded_at_column="created_at",
)
OFFER_ACTIVATIONS = FactTable(
    name="offer_activations",
    sql="""select id::text as activation_id, programme_id::text, enrolment_id::text, customer_id::text, offer,
       activated_at, holds_until
from rewards_offer_activation""",
    columns={
        "activation_id": "string",
        "programme_id": "string",
        "enrolment_id": "string",
        "customer_id": "string",
        "offer": "string",
        "activated_at": "timestamp",
        "holds_until": "timestamp",
    },
    key=("activation_id",),
    recorded_at_column="activated_at",
)
FACTS = (COUPON_SERIES, COUPONS, OFFER_ACTIVATIONS, REWARD_USES, VOUCHERS, GIFT_CARD_MOVEMENTS)
