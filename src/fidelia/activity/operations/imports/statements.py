"""The statements by which a file of purchases is checked, each over all of its rows.

split       the mapped cells of each row as columns (text_line)              in `understanding`
understood  what they mean, and the first reason why a row cannot be taken (line)
receipts    reasons that only a whole receipt has; doubles; what is known
kept        receipts with their lines as arrays, in the order in which they will be decided
"""

from __future__ import annotations

from fidelia.intake.oddities import CREDIT_NOTES

from ...targets import DESCRIPTION_MAX, LINES_MAX
from ..requests import NET_MAX
from .mapping import ImportMapping

LINES_NUMBERED_MAX = 2**15 - 1

# Rows of a later sheet that repeat, one for one, rows of the same receipt in an earlier sheet.
MARK_DOUBLES = """
with of_two as (
    select receipt from line where reason is null and receipt <> '' group by receipt having min(sheet) < max(sheet)
), numbered as (
    select row_number, sheet, receipt, occurred_at, product, description, quantity, net, customer,
        row_number() over (
            partition by sheet, receipt, occurred_at, product, description, quantity, net, customer
            order by row_number) as copy
    from line where reason is null and receipt in (select receipt from of_two)
), repeated as (
    select row_number, row_number() over (
        partition by receipt, occurred_at, product, description, quantity, net, customer, copy order by sheet) as time
    from numbered
)
update line set is_double = true from repeated where repeated.time > 1 and line.row_number = repeated.row_number
"""
# Rows that sum others up, by their words, or because they name neither receipt nor date, product nor customer.
MARK_TOTALS = """
update line set reason = 'total', net = null, quantity = null
from text_line told, intake_row row
where (line.reason is not null or line.is_bare)
    and told.row_number = line.row_number and row.import_id = %(import)s and row.row_number = line.row_number
    and (
        (%(is_named)s and line.reason is not null
            and concat(told.occurred_at, told.receipt, told.product, told.customer, told.description) = '')
        or (line.is_bare and row.cells ~* %(words)s)
        or (line.reason is not null and (told.occurred_at = '' or told.receipt = '') and row.cells ~* %(words)s)
        or (line.reason is not null and (told.occurred_at ~* %(words)s or told.receipt ~* %(words)s))
    )
"""
TOTAL_WORDS = (
    "(^|\x1f)[[:space:]]*(sous[- ]?total|sub[- ]?total|grand[- ]?total|total|totaux|totals|cumul|report|solde|"
    "summe|zwischensumme|gesamt|gesamtsumme|totale|totales|suma|fin d.[eé]dition|end of report)"
    "([[:space:]:.=*0-9(/-]|$|\x1f)"
)
# What could not be read at all is known by its raw cells; a total or a second header leaves its receipt whole.
MARK_INCOMPLETE = """
update line set reason = 'incomplete'
where reason is null and receipt in (
    select receipt from line where reason is not null and receipt <> ''
        and reason not in ('total', 'header_again') and reason not like 'no_line%%'
    union
    select line.receipt from line join text_line told using (row_number) join (
        select intake_cell(cells, %(receipt)s) as receipt, intake_cell(cells, %(day)s) as day
        from intake_row where import_id = %(import)s and state = 'rejected') lost
    on told.receipt = lost.receipt and (%(by_number)s or told.occurred_at = lost.day))
"""
# Where customer and moment are the receipt, a row of which these cannot be read is of none.
MARK_INCOMPLETE_OF_CUSTOMER = """
update line set reason = 'incomplete'
where reason is null and customer is not null and receipt in (
    select receipt from line where reason not in ('total', 'header_again') and reason not like 'no_line%'
        and customer is not null)
"""
# A receipt whose price is below zero, and not its quantity, gives back; a correction that is no product does not.
MARK_GIVEN_BACK = """
update line set quantity = -quantity
where reason is null and quantity > 0 and net < 0 and receipt in (
    select receipt from line where reason is null group by receipt
    having max(net) <= 0 and min(net) < 0 and min(quantity) > 0 and not bool_or(product = any (%s)))
"""
# The same export pasted twice: receipts whose rows stand in the file again, all of them, in another place.
MARK_REPEATED = """
with told as (
    select row_number, receipt, hash_record_extended(
        row(occurred_at, product, description, quantity, net, customer), 0) as content
    from line where reason is null and not is_double
), again as (
    select receipt from (select receipt, content, count(*) as copies from told group by 1, 2) counted
    group by receipt having min(copies) > 1
), placed as (
    select told.*, row_number - row_number() over (partition by receipt order by row_number) as piece
    from told join again using (receipt)
), pieces as (
    select receipt, piece, sum(content::numeric) as content, count(*) as rows
    from placed group by receipt, piece
), judged as (
    select receipt, min(content) = max(content) and min(rows) = max(rows) as is_again, max(rows) as rows,
        min(piece) as first
    from pieces group by receipt having count(*) > 1
), weighed as (
    select count(*) filter (where is_again and rows > 1) as whole, count(*) filter (where is_again) as again,
        count(*) filter (where not is_again) as mixed, (select count(distinct receipt) from line) as receipts
    from judged
)
update line set is_double = true
from placed join judged using (receipt), weighed
where judged.is_again and placed.piece > judged.first and line.row_number = placed.row_number
    and ((weighed.whole > 0 and weighed.mixed < weighed.whole) or weighed.again >= 0.2 * weighed.receipts)
"""
MARK_TWO_CUSTOMERS = """
update line set reason = 'two_customers'
where reason is null and not is_double and receipt in (
    select receipt from line where reason is null and not is_double
    group by receipt having min(coalesce(customer, '') collate "C") <> max(coalesce(customer, '') collate "C"))
"""
# What rules decide has at most so many lines; what they do not decide, only so many as can be numbered.
MARK_TOO_LARGE = f"""
update line set reason = 'large_receipt'
where reason is null and not is_double and receipt in (
    select receipt from line where reason is null and not is_double group by receipt
    having count(*) > case when count(customer) > 0 then {LINES_MAX} else {LINES_NUMBERED_MAX} end
        or sum(abs(net)) > {NET_MAX})
"""
# A receipt is known when it was recorded whole; a row that was not among what was recorded is said to be so. Step by
# step, each with its statistics: in one statement the lines of all purchases were read anew for each receipt.
MARK_KNOWN = (
    """
    create temporary table recorded as
    select past.receipt_number as receipt, past.purchase_id, past.total as net
    from activity_purchase past join (select distinct receipt from line where reason is null) sent
        on sent.receipt = past.receipt_number
    where past.source = any (%(sources)s) and past.kind in ('sale', 'return')
    """,
    "analyze recorded",
    """
    create temporary table recorded_receipt as
    select recorded.receipt, sum(recorded.net) as net, sum(counted.lines) as lines
    from recorded join (
        select old.purchase_id, count(*) as lines from activity_line old
        where old.purchase_id in (select purchase_id from recorded) group by old.purchase_id
    ) counted using (purchase_id) group by recorded.receipt
    """,
    "analyze recorded_receipt",
    """
    create temporary table compared as
    select sent.receipt, sent.lines = old.lines and sent.net = old.net as is_same
    from recorded_receipt old join (
        select receipt, count(*) as lines, sum(net) as net from line where reason is null and not is_double
        group by receipt
    ) sent using (receipt)
    """,
    "analyze compared",
    """
    create temporary table known_line as
    select line.row_number, true as is_known
    from line join compared using (receipt) where compared.is_same and line.reason is null and not line.is_double
    """,
    """
    with old_lines as (
        select recorded.receipt, old.product_code as product, old.quantity, old.net, count(*) as copies
        from recorded join compared using (receipt) join activity_line old using (purchase_id)
        where not compared.is_same group by 1, 2, 3, 4
    ), new_lines as (
        select line.row_number, line.receipt, line.product, line.quantity, line.net, row_number() over (
            partition by line.receipt, line.product, line.quantity, line.net order by line.row_number) as copy
        from line join compared using (receipt)
        where not compared.is_same and line.reason is null and not line.is_double
    )
    insert into known_line
    select new_lines.row_number, coalesce(new_lines.copy <= old_lines.copies, false)
    from new_lines left join old_lines using (receipt, product, quantity, net)
    """,
    "analyze known_line",
)
REJECT_OTHER_LINES = """
update line set reason = 'other_lines' from known_line known
where known.row_number = line.row_number and not known.is_known
"""
TELL_REJECTED = """
update intake_row row set state = 'rejected', reason = line.reason
from line where line.reason is not null and row.import_id = %s and row.row_number = line.row_number
"""
TELL_DOUBLE = """
update intake_row row set state = 'double'
from line where line.reason is null and line.is_double and row.import_id = %s and row.row_number = line.row_number
"""
TELL_KNOWN = """
update intake_row row set state = 'known'
from known_line known where known.is_known and row.import_id = %s and row.row_number = known.row_number
"""
_CREDIT = ", ".join(f"'{prefix}'" for prefix in sorted(CREDIT_NOTES))
READY = """reason is null and not is_double
    and not exists (select from known_line known where known.row_number = line.row_number)"""


_IS_CREDIT_NOTE = f"coalesce(upper(substring(receipt from '^([A-Za-z]+)[-_/ ]?[0-9][-0-9/]*$')) in ({_CREDIT}), false)"


def count_statement(mapping: ImportMapping) -> str:
    """Return the statement of the control totals, as one JSON object. Amounts are minor units.

    Equal rows are told by a hash of 64 bits: of a million different rows two are taken for equal once in 37 million
    files, and only the count of repeated rows would be one too high.
    """
    repeated = "" if "receipt" not in mapping.columns else "receipt, "
    return f"""
    select json_build_object(
        'file_net', coalesce(sum(net), 0)::bigint,
        'double_net', coalesce(sum(net) filter (where is_double and reason is null), 0)::bigint,
        'rejected_net', coalesce(sum(net) filter (where reason is not null), 0)::bigint,
        'known_net', (
            select coalesce(sum(line.net), 0)::bigint from line join known_line using (row_number) where is_known),
        'file_discount', coalesce(sum(discount) filter (where not is_double), 0)::bigint,
        'file_coupon', coalesce(sum(coupon) filter (where not is_double), 0)::bigint,
        'file_coupon_match', coalesce(sum(coupon_match) filter (where not is_double), 0)::bigint,
        'coupon_rows', count(*) filter (where coupon > 0 and not is_double),
        'receipts', {_distinct("receipt")},
        'customers', {_distinct("customer")},
        'products', {_distinct("product")},
        'rows_without_customer', count(*) filter (where customer is null and quantity is not null and not is_double),
        'rows_given_back', count(*) filter (where quantity < 0 and not is_double),
        'rows_of_credit_notes', (
            select case when 2 * sum(rows) filter (where is_credit) < sum(rows)
                then sum(rows) filter (where is_credit) else 0 end::bigint from (
                select count(*) as rows, {_IS_CREDIT_NOTE} as is_credit
                from line where not is_double and quantity is not null group by receipt) numbered),
        'rows_of_nothing', count(*) filter (where quantity = 0 and not is_double),
        'rows_without_price', count(*) filter (
            where coalesce(unit_price, net) <= 0 and quantity is not null and not is_double),
        'rows_without_description', count(*) filter (
            where description = '' and quantity is not null and not is_double),
        'countries', {_distinct("country")},
        'sold_to_customers', coalesce(sum(net) filter (
            where customer is not null and quantity > 0 and not is_double), 0)::bigint,
        'given_back_by_customers', coalesce(sum(net) filter (
            where customer is not null and quantity < 0 and not is_double), 0)::bigint,
        'first_at', min(occurred_at) filter (where quantity is not null),
        'last_at', max(occurred_at) filter (where quantity is not null),
        'duplicate_rows', (
            select coalesce(sum(copies - 1), 0)::bigint from (
                select count(*) as copies from line where reason is null and not is_double
                group by hash_record_extended(
                    row({repeated}occurred_at, product, description, quantity, net, customer, country), 0)
                having count(*) > 1) repeated)
    ) from line"""


def _distinct(column: str) -> str:
    """Count by hashing: `count(distinct …)` sorts all rows anew for each column."""
    return f"""(
            select count(*) from (
                select from line where {column} <> '' and not is_double and quantity is not null
                group by {column}) different)"""


KEEP_RECEIPTS = f"""
create temporary table receipt_line as
select receipt collate "C" as receipt, min(occurred_at) as occurred_at, min(customer) as customer,
    (array_agg(country))[1] as country, (array_agg(store))[1] as store, (array_agg(channel))[1] as channel,
    sum(net)::bigint as net, count(*)::int as line_count, bool_and(quantity < 0) as all_back,
    array_agg(product) as products, array_agg(left(description, {DESCRIPTION_MAX})) as descriptions,
    array_agg(category) as categories, array_agg(quantity) as quantities, array_agg(net) as nets,
    array_agg(unit_price) as unit_prices, array_agg(unit_price_scale) as unit_price_scales,
    case when count(discount) + count(coupon) + count(coupon_match) > 0 then array_agg(
        coalesce(discount, 0)::bigint + coalesce(coupon, 0)::bigint + coalesce(coupon_match, 0)::bigint
    ) end as discounts,
    case when bool_or(original <> '') then array_agg(original) end as originals
from (select * from line where {READY} order by receipt collate "C", row_number) line
group by receipt collate "C"
"""
# A receipt is a return when more comes back than is sold, or when nothing on it is sold.
KEEP_IN_ORDER = """
insert into activity_import_receipt (
    import_id, place, receipt, kind, person, customer, occurred_at, country, store, channel, net, line_count, products,
    descriptions, categories, quantities, nets, unit_prices, unit_price_scales, discounts, originals)
-- Of one moment, which a day without an hour is for a whole day, what was sold comes before what came back.
select %s, row_number() over (order by person.person collate "C" nulls last, r.occurred_at, r.is_return, r.receipt),
    r.receipt, case when r.is_return then 'return' else 'sale' end,
    person.person, r.customer, r.occurred_at, r.country, r.store, r.channel, r.net, r.line_count, r.products,
    r.descriptions, r.categories, r.quantities, r.nets, r.unit_prices, r.unit_price_scales, r.discounts,
    r.originals
from (select *, net < 0 or all_back as is_return from receipt_line) r
left join person on person.customer = r.customer
"""
KEEP_PRODUCTS = f"""
insert into activity_import_product (import_id, code, name, category)
select %s, product, coalesce((array_agg(description order by copies desc, description) filter (
        where description <> ''))[1], ''), max(category)
from (
    select product, description, max(category) as category, count(*) as copies
    from line where {READY} group by product, description
) described group by product
"""
FORGET = (
    "delete from activity_import_receipt where import_id = %s",
    "delete from activity_import_product where import_id = %s",
)
