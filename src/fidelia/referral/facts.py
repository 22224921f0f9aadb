"""What analytics may read of referrals: who brought whom, how far it came, and what both sides got."""

from __future__ import annotations

from fidelia.kernel.facts import FactTable

REFERRALS = FactTable(
    name="referrals",
    sql="""select brought.id::text as referral_id, brought.programme_id::text, brought.partner_id::text,
       brought.referrer_id::text as referrer_enrolment_id, brought.friend_id::text as friend_enrolment_id,
       brought.state, brought.reason, brought.recorded_at, brought.qualified_at, brought.due_at, brought.decided_at,
       (brought.given->'referrer'->>'amount')::bigint as referrer_points,
       (brought.given->'friend'->>'amount')::bigint as friend_points
from referral_referral brought""",
    columns={
        "referral_id": "string",
        "programme_id": "string",
        "partner_id": "string",
        "referrer_enrolment_id": "string",
        "friend_enrolment_id": "string",
        "state": "string",
        "reason": "string",
        "recorded_at": "timestamp",
        "qualified_at": "timestamp",
        "due_at": "timestamp",
        "decided_at": "timestamp",
        "referrer_points": "int64",
        "friend_points": "int64",
    },
    key=("referral_id",),
    recorded_at_column="recorded_at",
)
FACTS = (REFERRALS,)
