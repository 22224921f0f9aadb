"""The outbox, its cursors, and parked events."""

from django.db import migrations, models

OUTBOX = """
create table kernel_outbox (
    event_id bigint generated always as identity primary key,
    xid xid8 not null default pg_current_xact_id(),
    name varchar(80) not null,
    schema_version smallint not null,
    origin varchar(12) not null,
    customer_id uuid,
    payload jsonb not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null default now(),
    constraint "an origin is one of four" check (origin in ('live', 'late', 'backfill', 'simulation'))
);
create index outbox_in_the_order_of_dispatch on kernel_outbox (xid, event_id);
create index outbox_by_age on kernel_outbox using brin (recorded_at);
revoke update, delete on kernel_outbox from fidelia_app;

create table kernel_outbox_cursor (
    reaction varchar(120) primary key,
    xid xid8 not null,
    event_id bigint not null,
    moved_at timestamptz not null default now()
) with (fillfactor = 70);
"""
DROP = "drop table kernel_outbox_cursor; drop table kernel_outbox;"


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_roles")]
    operations = [
        migrations.RunSQL(
            OUTBOX,
            DROP,
            state_operations=[
                migrations.CreateModel(
                    name="OutboxEvent",
                    fields=[
                        ("event_id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("xid", models.BigIntegerField(db_default=0, editable=False)),
                        ("name", models.CharField(max_length=80)),
                        ("schema_version", models.SmallIntegerField()),
                        ("origin", models.CharField(max_length=12)),
                        ("customer_id", models.UUIDField(null=True)),
                        ("payload", models.JSONField()),
                        ("occurred_at", models.DateTimeField()),
                        ("recorded_at", models.DateTimeField()),
                    ],
                    options={"db_table": "kernel_outbox", "managed": False},
                ),
                migrations.CreateModel(
                    name="OutboxCursor",
                    fields=[
                        ("reaction", models.CharField(max_length=120, primary_key=True, serialize=False)),
                        ("xid", models.BigIntegerField()),
                        ("event_id", models.BigIntegerField()),
                        ("moved_at", models.DateTimeField()),
                    ],
                    options={"db_table": "kernel_outbox_cursor", "managed": False},
                ),
            ],
        ),
        migrations.CreateModel(
            name="ParkedEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reaction", models.CharField(max_length=120)),
                ("event_id", models.BigIntegerField()),
                ("customer_id", models.UUIDField(null=True)),
                ("reason", models.TextField()),
                ("attempts", models.SmallIntegerField(default=1)),
                ("parked_at", models.DateTimeField()),
                ("resolved_at", models.DateTimeField(null=True)),
                ("resolution", models.CharField(blank=True, default="", max_length=12)),
            ],
            options={
                "db_table": "kernel_parked_event",
                "indexes": [
                    models.Index(
                        condition=models.Q(("resolved_at__isnull", True)),
                        fields=["reaction", "customer_id"],
                        name="parked_events_that_wait",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("reaction", "event_id"), name="an event is parked once per reaction"
                    )
                ],
            },
        ),
    ]
