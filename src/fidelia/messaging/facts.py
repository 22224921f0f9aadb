"""What analytics may read of messages: never an address, a name or what was said."""

from __future__ import annotations

from fidelia.kernel.facts import FactTable

MESSAGES = FactTable(
    name="messages",
    sql="""select m.id::text as message_id, m.customer_id::text, t.key as template, v.number as version, m.language,
       m.channel, m.purpose, m.state, m.reason, m.attempts, m.queued_at, m.sent_at, m.updated_at
from messaging_message m
join messaging_template_version v on v.id = m.version_id
join messaging_template t on t.id = v.template_id
where m.purpose <> 'house'""",
    columns={
        "message_id": "string",
        "customer_id": "string",
        "template": "string",
        "version": "int32",
        "language": "string",
        "channel": "string",
        "purpose": "string",
        "state": "string",
        "reason": "string",
        "attempts": "int16",
        "queued_at": "timestamp",
        "sent_at": "timestamp",
        "updated_at": "timestamp",
    },
    key=("message_id",),
    recorded_at_column="updated_at",
    versions=("m", "v", "t"),
)
FACTS = (MESSAGES,)
