"""Keep the words of a name beside it, where a search that also filters or sorts by something else reads them.

The index answers a search by name alone. Where rows were reached another way (a store, the greatest spend), their names
were taken to words anew, one by one: at a million customers that was two thirds of the time of such a list.
"""

from django.db import migrations

KEEP = """
drop index customers_by_words_of_name;
alter table customers_customer
    add column search_words tsvector generated always as (to_tsvector('simple', search_key)) stored;
create index customers_by_words_of_name on customers_customer using gin (search_words);
analyze customers_customer (search_words);
"""
FORGET = """
drop index customers_by_words_of_name;
alter table customers_customer drop column search_words;
create index customers_by_words_of_name on customers_customer using gin (to_tsvector('simple', search_key));
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0010_read_by_kept_plans")]
    operations = [migrations.RunSQL(KEEP, FORGET)]
