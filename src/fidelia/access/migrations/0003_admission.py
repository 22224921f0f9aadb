"""Rate limits, and the one statement that admits a request."""

from django.db import migrations

# A bucket holds `limit` requests and fills evenly over the period; of it we keep the moment at which it will be full.
# One row and one timestamp serve any limit, two web processes count right, and nothing is written ahead of the log:
# after a crash of the server the table is empty and everyone starts with a full bucket.
TABLE = """
create unlogged table access_rate (
    subject text primary key,
    full_at timestamptz not null
) with (fillfactor = 50);
"""

# A cost above the limit counts as the limit, or a large batch could never come. The millisecond forgives the rounding
# of steps that are not whole microseconds.
TAKE = """
create function access_take(
    p_subject text, p_cost integer, p_limit integer, p_period interval, p_at timestamptz,
    out allowed boolean, out remaining integer, out full_at timestamptz, out retry_at timestamptz
) language plpgsql as $$
declare
    step double precision := extract(epoch from p_period) / p_limit;
    cost interval := make_interval(secs => least(p_cost, p_limit) * step);
    brim timestamptz := p_at + p_period + interval '1 millisecond';
begin
    insert into access_rate as rate (subject, full_at) values (p_subject, p_at + cost)
    on conflict (subject) do update set full_at = greatest(rate.full_at, p_at) + cost
        where greatest(rate.full_at, p_at) + cost <= brim
    returning rate.full_at into full_at;
    allowed := found;
    if not allowed then
        select rate.full_at into full_at from access_rate rate where rate.subject = p_subject;
    end if;
    remaining := greatest(0, floor(extract(epoch from brim - greatest(full_at, p_at)) / step));
    retry_at := case when allowed then p_at else full_at + cost - p_period end;
end $$;
"""

# Looks up the key by its public id, compares the hash of the secret, and counts the request: one statement, one row
# written, in an unlogged table. `last_used_on` is a day, so it costs one write a day and not one a request.
ADMIT = """
create function access_admit(
    p_public_id text, p_secret_sha256 bytea, p_cost integer, p_at timestamptz,
    out status text, out key_id uuid, out name text, out mode text, out rights text[], out partner_id uuid,
    out store_id uuid, out per_minute integer, out remaining integer, out full_at timestamptz, out retry_at timestamptz
) language plpgsql as $$
declare
    key access_api_key;
    taken record;
begin
    select * into key from access_api_key known where known.public_id = p_public_id;
    if not found or key.secret_sha256 <> p_secret_sha256 then
        status := 'unknown';
    elsif key.revoked_at is not null then
        status := 'revoked';
    elsif key.expires_at <= p_at then
        status := 'expired';
    else
        select * into taken from access_take('key ' || p_public_id, p_cost, key.limit_per_minute, '1 minute', p_at);
        status := case when taken.allowed then 'admitted' else 'limited' end;
        key_id := key.id;
        name := key.name;
        mode := key.mode;
        rights := key.rights;
        partner_id := key.partner_id;
        store_id := key.store_id;
        per_minute := key.limit_per_minute;
        remaining := taken.remaining;
        full_at := taken.full_at;
        retry_at := taken.retry_at;
        if key.last_used_on is distinct from (p_at at time zone 'UTC')::date then
            update access_api_key used set last_used_on = (p_at at time zone 'UTC')::date where used.id = key.id;
        end if;
    end if;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0002_roles_keys_approvals")]
    operations = [
        migrations.RunSQL(TABLE, "drop table access_rate"),
        migrations.RunSQL(TAKE, "drop function access_take"),
        migrations.RunSQL(ADMIT, "drop function access_admit"),
    ]
