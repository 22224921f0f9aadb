"""The search by words of a name; consents and dated rows that the application cannot rewrite."""

from django.db import migrations

SEARCH = """
create index customers_by_words_of_name on customers_customer using gin (to_tsvector('simple', search_key));
"""
DROP_SEARCH = "drop index customers_by_words_of_name;"

# A period may be closed, and an erasure may delete; a value, once recorded, is never another.
PRIVILEGES = """
revoke update, delete on customers_consent from fidelia_app;
revoke update on customers_trait, customers_segment_membership, customers_fact_change from fidelia_app;
grant update (valid_until, updated_at) on customers_trait to fidelia_app;
grant update (valid_until, updated_at) on customers_segment_membership to fidelia_app;
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0001_initial"), ("kernel", "0001_roles")]
    operations = [
        migrations.RunSQL(SEARCH, DROP_SEARCH),
        migrations.RunSQL(PRIVILEGES, migrations.RunSQL.noop),
    ]
