"""The role the application runs as: it may read and write tables, owns none, and so cannot lift what is revoked."""

from django.db import migrations

# A role belongs to the whole cluster, so several databases (and test workers) may make it at the same moment.
MAKE_ROLE = """
do $$
begin
    if not exists (select from pg_roles where rolname = 'fidelia_app') then
        create role fidelia_app nologin;
    end if;
exception when duplicate_object or unique_violation then
    null;
end $$;
"""
LET_THE_OWNER_TAKE_IT = """
do $$
begin
    if not pg_has_role(current_user, 'fidelia_app', 'member') then
        execute format('grant fidelia_app to %I', current_user);
    end if;
end $$;
"""
GRANTS = """
grant usage on schema public to fidelia_app;
grant select, insert, update, delete on all tables in schema public to fidelia_app;
grant usage, select on all sequences in schema public to fidelia_app;
grant execute on all functions in schema public to fidelia_app;
alter default privileges in schema public grant select, insert, update, delete on tables to fidelia_app;
alter default privileges in schema public grant usage, select on sequences to fidelia_app;
alter default privileges in schema public grant execute on functions to fidelia_app;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(MAKE_ROLE, migrations.RunSQL.noop),
        migrations.RunSQL(LET_THE_OWNER_TAKE_IT, migrations.RunSQL.noop),
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
    ]
