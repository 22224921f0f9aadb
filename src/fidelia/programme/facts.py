"""What analytics may read of programmes."""

from __future__ import annotations

from fidelia.kernel.facts import FactTable

PROGRAMMES = FactTable(
    name="programmes",
    sql="""select id::text as programme_id, slug, currency, points_currency_id as points_currency, time_zone,
       is_sandbox, partner_id::text, created_at
from programme_programme""",
    columns={
        "programme_id": "string",
        "slug": "string",
        "currency": "string",
        "points_currency": "string",
        "time_zone": "string",
        "is_sandbox": "boolean",
        "partner_id": "string",
        "created_at": "timestamp",
    },
    key=("programme_id",),
    recorded_at_column="created_at",
)
ENROLMENTS = FactTable(
    name="enrolments",
    sql="""select enrolment.id::text as enrolment_id, enrolment.programme_id::text, enrolment.customer_id::text,
       enrolment.account_id::text, enrolment.enrolled_at, enrolment.ended_at,
       enrolment.followed_by_id::text as followed_by_enrolment_id, enrolment.recorded_at
from programme_enrolment enrolment""",
    columns={
        "enrolment_id": "string",
        "programme_id": "string",
        "customer_id": "string",
        "account_id": "string",
        "enrolled_at": "timestamp",
        "ended_at": "timestamp",
        "followed_by_enrolment_id": "string",
        "recorded_at": "timestamp",
    },
    key=("enrolment_id",),
    recorded_at_column="recorded_at",
    versions=("enrolment",),
)
# The account of a pool while a member shares it, and the member's own, which waits meanwhile.
POOL_MEMBERSHIPS = FactTable(
    name="pool_memberships",
    sql="""select seat.id as membership_id, seat.enrolment_id::text, pool.account_id::text, seat.own_account_id::text,
       seat.joined_at, seat.left_at
from programme_pool_membership seat join programme_points_pool pool on pool.id = seat.pool_id""",
    columns={
        "membership_id": "int64",
        "enrolment_id": "string",
        "account_id": "string",
        "own_account_id": "string",
        "joined_at": "timestamp",
        "left_at": "timestamp",
    },
    key=("membership_id",),
    recorded_at_column="joined_at",
)
# As they were derived; those that a later derivation superseded have left.
TIER_PERIODS = FactTable(
    name="tier_periods",
    sql="""select period.enrolment_id::text, period.tier_set, period.tier, period.valid_from, period.valid_until,
       period.recorded_at
from programme_tierperiod period where period.superseded_at is null""",
    columns={
        "enrolment_id": "string",
        "tier_set": "string",
        "tier": "string",
        "valid_from": "timestamp",
        "valid_until": "timestamp",
        "recorded_at": "timestamp",
    },
    key=("enrolment_id", "tier_set", "valid_from"),
    recorded_at_column="recorded_at",
)
TIER_GRANTS = FactTable(
    name="tier_grants",
    sql="""select given.id as grant_id, given.enrolment_id::text, given.tier, given.valid_from, given.valid_until,
       given.recorded_at
from programme_tier_grant given where given.withdrawn_at is null""",
    columns={
        "grant_id": "int64",
        "enrolment_id": "string",
        "tier": "string",
        "valid_from": "timestamp",
        "valid_until": "timestamp",
        "recorded_at": "timestamp",
    },
    key=("grant_id",),
    recorded_at_column="recorded_at",
)
FACTS = (PROGRAMMES, ENROLMENTS, POOL_MEMBERSHIPS, TIER_PERIODS, TIER_GRANTS)
