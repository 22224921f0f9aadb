"""What analytics may read of campaigns: who was drawn into which arm."""

from __future__ import annotations

from fidelia.kernel.facts import FactTable

CAMPAIGN_MEMBERS = FactTable(
    name="campaign_members",
    sql="select campaign_id::text, customer_id::text, arm, assigned_at from campaigns_member",
    columns={"campaign_id": "string", "customer_id": "string", "arm": "string", "assigned_at": "timestamp"},
    key=("campaign_id", "customer_id"),
    recorded_at_column="assigned_at",
)
FACTS = (CAMPAIGN_MEMBERS,)
