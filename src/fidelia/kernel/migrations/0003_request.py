"""What requests with an idempotency key have made."""

from django.db import migrations

# No model: only `kernel.idempotency` speaks to it. It holds no personal data, and a row stays as long as its resource.
TABLE = """
create table kernel_request (
    owner varchar(80) not null,
    key varchar(255) not null,
    request_hash bytea not null,
    resource_type varchar(40) not null,
    resource_id varchar(80) not null,
    recorded_at timestamptz not null,
    primary key (owner, key),
    constraint "a request is known by its SHA-256" check (length(request_hash) = 32)
);
create index requests_of_a_resource on kernel_request (resource_type, resource_id);
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0002_outbox")]
    operations = [migrations.RunSQL(TABLE, "drop table kernel_request")]
