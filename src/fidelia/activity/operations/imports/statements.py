"""The statements by which a file of purchases is checked, each over all of its rows.

split       the mapped cells of each row as columns (text_line)
understood  what they mean, and the first reason why a row cannot be taken (line)
receipts    reasons that only a whole receipt has; doubles of other sheets; what is known
kept        receipts with their lines as arrays, in the order in which they will be decided
"""

from __future__ import annotations

from fidelia.intake.mapping import FileMapping
from fidelia.kernel.money import exponent_of

from ...targets import DESCRIPTION_MAX, LINES_MAX, TEXT_MAX
from ..requests import NET_MAX, QUANTITY_MAX
from .mapping import ImportMapping

LINES_NUMBERED_MAX = 2**15 - 1
TEXTS = (
    *("receipt", "occurred_at", "time", "customer", "product", "description", "category", "quantity", "unit_price"),
    *("net", "gross", "discount", "coupon", "currency", "store", "channel", "country"),
)


def split_statement(mapping: FileMapping, columns: list[str]) -> str:
    """Return the statement that makes text_line; its parameters are the import's id."""
    place = {name: columns.index(mapping.columns[name]) + 1 for name in TEXTS if name in mapping.columns}
    cells = ", ".join(
        f"intake_cell(cells, {place[name]}) as {name}" if name in place else f"''::text as {name}" for name in TEXTS
    )
    return f"""create temporary table text_line on commit drop as
        select row_number, sheet, intake_width(cells) as width, {cells}
        from intake_row where import_id = %s and state = 'ready'"""


def understand_statement(mapping: ImportMapping, *, width: int, file_hash: str) -> str:
    """Return the statement that makes `line`; its parameters are named: at (now)."""
    mapped, scale = set(mapping.columns), 10 ** exponent_of(mapping.currency)
    priced = [name for name in ("net", "gross", "unit_price", "discount", "coupon") if name in mapped]
    joins = "\n".join(
        f"join value_of_{name} {name}_value on {name}_value.{name} = t.{name}"
        for name in [*priced, "channel", *[one for one in ("quantity", "currency") if one in mapped]]
    )
    amount = _net_amount(mapped, scale)
    quantity = "quantity_value.number" if "quantity" in mapped else _sign_of(mapped)
    receipt = "t.receipt" if "receipt" in mapped else f"'{file_hash[:16]}:' || t.row_number"
    return f"""create temporary table line on commit drop as
    select u.row_number, u.sheet, u.receipt, u.at as occurred_at, u.product, u.description, u.category,
        case when u.reason is null then u.quantity::bigint end as quantity,
        -- A sender's sum counts rows of an impossible date too.
        case when u.reason is null or (coalesce(u.quantity_reason, u.amount_reason) is null and abs(u.net) <= {NET_MAX})
            then u.net::bigint end as net,
        u.unit_price, u.unit_price_scale, u.discount, u.coupon, u.customer, u.country, u.store, u.channel,
        u.reason, false as is_double
    from (
        select r.*, {_reason(mapped, width)} as reason
        from (
            select t.row_number, t.sheet, t.width, {receipt} as receipt, moment_value.at,
                coalesce(nullif(t.product, ''), %(default_product)s) as product, t.description, t.category,
                round({quantity} * 1000) as quantity, round({amount}) as net,
                {"unit_price_value.minor" if "unit_price" in mapped else "null::bigint"} as unit_price,
                {"unit_price_value.scale" if "unit_price" in mapped else "null::smallint"} as unit_price_scale,
                {f"abs(round(discount_value.number * {scale}))" if "discount" in mapped else "null::numeric"}
                    as discount,
                {f"abs(round(coupon_value.number * {scale}))" if "coupon" in mapped else "null::numeric"} as coupon,
                customer_value.identity as customer, t.country, t.store, channel_value.known as channel,
                moment_value.reason as moment_reason,
                {"quantity_value.reason" if "quantity" in mapped else "null"} as quantity_reason,
                coalesce({", ".join(f"{name}_value.reason" for name in priced)}) as amount_reason,
                coalesce({"currency_value.reason, " if "currency" in mapped else ""}channel_value.reason,
                    customer_value.reason) as other_reason
            from text_line t
            join value_of_moment moment_value on moment_value.occurred_at = t.occurred_at
                and moment_value.time = t.time
            join value_of_customer customer_value on customer_value.customer = t.customer
                and customer_value.country = t.country
            {joins}
        ) r
    ) u"""


def _net_amount(mapped: set[str], scale: int) -> str:
    """What was paid, after discounts: beside the amount paid itself, discounts are only counted."""
    if "net" in mapped:
        return f"net_value.number * {scale}"
    off = " + ".join(f"coalesce(abs({name}_value.number), 0)" for name in ("discount", "coupon") if name in mapped)
    if "gross" in mapped:
        paid = "gross_value.number"
    else:
        paid = "quantity_value.number * unit_price_value.number"
    return f"({paid} - sign({paid}) * ({off})) * {scale}" if off else f"{paid} * {scale}"


def _sign_of(mapped: set[str]) -> str:
    """Without quantities, what was paid back came back."""
    amount = "net_value.number" if "net" in mapped else "gross_value.number"
    return f"case when {amount} < 0 then -1 else 1 end"


def _reason(mapped: set[str], width: int) -> str:
    """The first reason that holds, in the order in which a person would look."""
    # A line of nothing, as a coupon leaves it, keeps its receipt whole; zero times a price is a mistake.
    nothing = "and r.net <> 0" if {"net", "gross"} & mapped else ""
    long = " ".join(
        f"when length(r.{name}) > {most} then 'long_{name}'" for name, most in TEXT_MAX.items() if name != "customer"
    )
    return f"""case
        when r.width > {width} then 'cells' || chr(31) || 'cells' || chr(31) || r.width || chr(31) || 'columns'
            || chr(31) || {width}
        when r.moment_reason is not null then r.moment_reason
        when r.at > %(at)s then 'future'
        when r.at < '1900-01-01Z' then 'too_early'
        when r.quantity_reason is not null then r.quantity_reason
        when abs(r.quantity) > {QUANTITY_MAX} then 'too_large'
        when r.amount_reason is not null then r.amount_reason
        when r.net is null then 'no_amount'
        when r.quantity = 0 {nothing} then 'zero_quantity'
        when abs(r.net) > {NET_MAX} or r.discount > {NET_MAX} or r.coupon > {NET_MAX} then 'too_large'
        when r.receipt = '' then 'no_receipt'
        {long}
        when length(r.customer) > {TEXT_MAX["customer"]} then 'long_customer'
        else r.other_reason end"""


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
MARK_INCOMPLETE = """
update line set reason = 'incomplete'
where reason is null and receipt in (
    select receipt from line where reason is not null and receipt <> ''
    union
    select intake_cell(cells, %s) from intake_row where import_id = %s and state = 'rejected')
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
    create temporary table recorded on commit drop as
    select past.receipt_number as receipt, past.purchase_id, past.total as net
    from activity_purchase past join (select distinct receipt from line where reason is null) sent
        on sent.receipt = past.receipt_number
    where past.source = any (%(sources)s) and past.kind in ('sale', 'return')
    """,
    "analyze recorded",
    """
    create temporary table recorded_receipt on commit drop as
    select recorded.receipt, sum(recorded.net) as net, sum(counted.lines) as lines
    from recorded join (
        select old.purchase_id, count(*) as lines from activity_line old
        where old.purchase_id in (select purchase_id from recorded) group by old.purchase_id
    ) counted using (purchase_id) group by recorded.receipt
    """,
    "analyze recorded_receipt",
    """
    create temporary table compared on commit drop as
    select sent.receipt, sent.lines = old.lines and sent.net = old.net as is_same
    from recorded_receipt old join (
        select receipt, count(*) as lines, sum(net) as net from line where reason is null and not is_double
        group by receipt
    ) sent using (receipt)
    """,
    "analyze compared",
    """
    create temporary table known_line on commit drop as
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
READY = """reason is null and not is_double
    and not exists (select from known_line known where known.row_number = line.row_number)"""


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
        'coupon_rows', count(*) filter (where coupon > 0 and not is_double),
        'receipts', {_distinct("receipt")},
        'customers', {_distinct("customer")},
        'products', {_distinct("product")},
        'rows_without_customer', count(*) filter (where customer is null and quantity is not null and not is_double),
        'rows_given_back', count(*) filter (where quantity < 0 and not is_double),
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
create temporary table receipt_line on commit drop as
select receipt collate "C" as receipt, min(occurred_at) as occurred_at, min(customer) as customer,
    (array_agg(country))[1] as country, (array_agg(store))[1] as store, (array_agg(channel))[1] as channel,
    sum(net)::bigint as net, count(*)::int as line_count, bool_and(quantity < 0) as all_back,
    array_agg(product) as products, array_agg(left(description, {DESCRIPTION_MAX})) as descriptions,
    array_agg(category) as categories, array_agg(quantity) as quantities, array_agg(net) as nets,
    array_agg(unit_price) as unit_prices, array_agg(unit_price_scale) as unit_price_scales,
    case when count(discount) + count(coupon) > 0
        then array_agg(coalesce(discount, 0)::bigint + coalesce(coupon, 0)::bigint) end as discounts
from (select * from line where {READY} order by receipt collate "C", row_number) line
group by receipt collate "C"
"""
# A receipt is a return when more comes back than is sold, or when nothing on it is sold.
KEEP_IN_ORDER = """
insert into activity_import_receipt (
    import_id, place, receipt, kind, person, customer, occurred_at, country, store, channel, net, line_count, products,
    descriptions, categories, quantities, nets, unit_prices, unit_price_scales, discounts)
select %s, row_number() over (order by person.person collate "C" nulls last, r.occurred_at, r.receipt),
    r.receipt, case when r.net < 0 or r.all_back then 'return' else 'sale' end,
    person.person, r.customer, r.occurred_at, r.country, r.store, r.channel, r.net, r.line_count, r.products,
    r.descriptions, r.categories, r.quantities, r.nets, r.unit_prices, r.unit_price_scales, r.discounts
from receipt_line r left join person on person.customer = r.customer
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
