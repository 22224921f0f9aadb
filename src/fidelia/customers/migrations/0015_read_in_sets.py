"""What rules read of customers, for several purchases by one statement: SQL that the statement which asks takes in.

An SQL function in the FROM of a statement becomes part of its plan: no call, and no plan of its own.
"""

from django.db import migrations

READ = """
-- A customer who was never merged, nor merged with: nearly everybody; nothing of the others, of whom
-- customers_ids_for_rules tells more.
create function customers_alone_for_rules(p_customer uuid) returns table (id uuid)
language sql stable rows 1 as $$
    select c.id from customers_customer c
    where c.id = p_customer and c.merged_into_id is null
        and not exists (select from customers_customer other where other.merged_into_id = c.id)
$$;

-- As customers_identified_for_rules.
create function customers_with_identity_for_rules(p_scheme text, p_value text) returns table (customer_id uuid)
language sql stable rows 1 as $$
    select i.customer_id from customers_identity i where i.scheme = p_scheme and i.value = p_value and i.until is null
$$;
"""
DROP = """
drop function customers_with_identity_for_rules(text, text);
drop function customers_alone_for_rules(uuid);
"""


class Migration(migrations.Migration):
    dependencies = [("customers", "0014_companies")]
    operations = [migrations.RunSQL(READ, DROP)]
