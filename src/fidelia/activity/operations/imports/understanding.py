"""The statements that understand the rows of a file of purchases: their cells as columns, and what these mean."""

from __future__ import annotations

import re

from fidelia.intake.mapping import FileMapping
from fidelia.kernel.money import exponent_of

from ...targets import TEXT_MAX
from ..requests import NET_MAX, QUANTITY_MAX
from .mapping import ImportMapping

TEXTS = (
    *("receipt", "occurred_at", "time", "customer", "product", "description", "category", "quantity", "unit_price"),
    *("net", "gross", "discount", "coupon", "currency", "store", "channel", "country", "till", "kind", "status"),
    *("coupon_match", "returned", "returned_quantity", "original", "tax"),
)
DISCOUNTS = ("discount", "coupon", "coupon_match")
CODES = ("receipt", "original", "customer", "product")
VALUED = ("quantity", "returned_quantity", "currency", "kind", "status")
# What stands on the first row of a receipt only, where a file leaves repetitions out.
FILLED = (
    *("occurred_at", "time", "customer", "store", "till", "channel", "country", "currency", "kind", "status"),
    "original",
)


def split_statement(mapping: FileMapping, columns: list[str], *, fill_down: bool, whole_codes: bool) -> str:
    """Return the statement that makes text_line; its parameters are the import's id."""
    place = {name: columns.index(mapping.columns[name]) + 1 for name in TEXTS if name in mapping.columns}
    cells = ", ".join(f"{_cell(name, place, whole_codes=whole_codes)} as {name}" for name in TEXTS)
    split = f"""select row_number, sheet, intake_width(cells) as width, {cells}
        from intake_row where import_id = %s and state = 'ready'"""
    if fill_down and "receipt" in place:
        split = _filled_down(split, place)
    return f"create temporary table text_line as {split}"


def _cell(name: str, place: dict[str, int], *, whole_codes: bool) -> str:
    if name not in place:
        return "''::text"
    cell = f"intake_cell(cells, {place[name]})"
    return f"regexp_replace({cell}, '^([0-9]+)[.,]0$', '\\1')" if whole_codes and name in CODES else cell


def _filled_down(split: str, place: dict[str, int]) -> str:
    """Lines without a receipt number are of the receipt above; rows that name nothing are not lines."""
    named = [name for name in ("product", "description") if name in place]
    is_line = f"concat({', '.join(named)}) <> ''" if named else "true"
    first = {name: f"first_value({name}) over part" for name in ("receipt", *FILLED) if name in place}
    cells = ", ".join(
        f"case when {name} = '' and receipt = '' and {is_line} then {first[name]} else {name} end as {name}"
        if name in first
        else name
        for name in TEXTS
    )
    return f"""select row_number, sheet, width, {cells}
        from (select split.*, count(nullif(receipt, '')) over (partition by sheet order by row_number) as part
            from ({split}) split) parted
        window part as (partition by sheet, part order by row_number)"""


# Without receipt numbers a row is known by what it says, and the second of equal rows by being the second: so it is
# when an export is sent again with more rows, and when two sheets overlap.
_CONTENT = """md5(row(u.at, u.product, u.description, u.quantity, u.net, u.customer, u.store, u.moment_text)::text)"""
_KEY_OF_CONTENT = f"""{_CONTENT} || ':' || row_number() over (
    partition by {_CONTENT}, u.sheet order by u.row_number)"""


_VISIT = """concat_ws('/', nullif(u.store, ''), u.customer,
    to_char(u.at at time zone '{zone}', case when (u.at at time zone '{zone}')::time = '00:00' then 'YYYY-MM-DD'
        else 'YYYY-MM-DD HH24:MI:SS' end))"""
_OF_CUSTOMER = f"""case when u.customer is null or u.at is null then {{content}}
    when length({_VISIT}) <= {TEXT_MAX["receipt"]} then {_VISIT} else md5({_VISIT}) end"""


def _key_of_rows(mapping: ImportMapping) -> str:
    """Where no column is the number of the receipt."""
    if not mapping.is_by_customer:
        return _KEY_OF_CONTENT
    return _OF_CUSTOMER.format(content=_KEY_OF_CONTENT, zone=_quoted(mapping.time_zone))


def understand_statement(mapping: ImportMapping, *, width: int) -> str:
    """Return the statement that makes `line`; its parameters are named: at (now)."""
    mapped, scale = set(mapping.columns), 10 ** exponent_of(mapping.currency)
    priced = [name for name in ("net", "tax", "gross", "unit_price", *DISCOUNTS, "returned") if name in mapped]
    joins = _joins([*priced, "channel", *[one for one in VALUED if one in mapped]])
    quantity = _quantity(mapped) if "quantity" in mapped else _sign_of(mapped)
    is_back = _is_back(mapping)
    amount = _signed(_net_amount(mapping, mapped), quantity, is_back, has_quantity="quantity" in mapped)
    quantity = f"case when {is_back} then -abs({quantity}) else {quantity} end" if is_back else quantity
    receipt = _receipt_of(mapping) if "receipt" in mapped else "''"
    discount = _discount(mapping, mapped)
    return f"""create temporary table line as
    select u.row_number, u.sheet, {"u.receipt" if "receipt" in mapped else _key_of_rows(mapping)} as receipt,
        u.at as occurred_at, u.product, u.description, u.category,
        case when u.reason is null then u.quantity::bigint end as quantity,
        -- A sender's sum counts rows of an impossible date too.
        case when u.reason is null or (
                u.width <= {width} and coalesce(u.quantity_reason, u.amount_reason, u.no_line) is null
                and abs(u.net) <= {NET_MAX})
            then u.net::bigint end as net,
        u.unit_price, u.unit_price_scale, u.discount, u.coupon, u.coupon_match, u.customer, u.country, u.store,
        u.channel, u.original, u.number, u.reason, false as is_double, {_is_bare(mapped)} as is_bare
    from (
        select r.*, {_reason(mapped, width)} as reason
        from (
            select t.row_number, t.sheet, t.width, {receipt} as receipt, moment_value.at,
                coalesce(nullif(t.product, ''), %(default_product)s) as product, t.description, t.category,
                round(({quantity}) * 1000) as quantity, round(({amount}) * {scale}) as net,
                {"unit_price_value.minor" if "unit_price" in mapped else "null::bigint"} as unit_price,
                {"unit_price_value.scale" if "unit_price" in mapped else "null::smallint"} as unit_price_scale,
                {f"abs(round({discount} * {scale}))" if "discount" in mapped else "null::numeric"} as discount,
                {_coupon("coupon", mapped, scale)} as coupon,
                {_coupon("coupon_match", mapped, scale)} as coupon_match,
                customer_value.identity as customer, t.country, t.store, t.original, t.receipt as number,
                channel_value.known as channel, moment_value.reason as moment_reason, t.occurred_at as moment_text,
                t.product = '' as is_unnamed, {_no_line(mapped)} as no_line,
                {_reason_of_quantity(mapped)} as quantity_reason,
                coalesce({", ".join(f"{name}_value.reason" for name in priced)}) as amount_reason,
                coalesce({"currency_value.reason, " if "currency" in mapped else ""}
                    {"kind_value.reason, " if "kind" in mapped else ""}
                    {"status_value.reason, " if "status" in mapped else ""}channel_value.reason,
                    customer_value.reason) as other_reason
            from text_line t
            join value_of_moment moment_value on moment_value.occurred_at = t.occurred_at
                and moment_value.time = t.time
            join value_of_customer customer_value on customer_value.customer = t.customer
                and customer_value.country = t.country
            {joins}
        ) r
    ) u"""


def _joins(names: list[str]) -> str:
    return "\n".join(f"join value_of_{name} {name}_value on {name}_value.{name} = t.{name}" for name in names)


def _quantity(mapped: set[str]) -> str:
    """What was taken, less what came back where that has a column of its own."""
    if "returned_quantity" not in mapped:
        return "quantity_value.number"
    return "(coalesce(quantity_value.number, 0) - abs(coalesce(returned_quantity_value.number, 0)))"


def _no_line(mapped: set[str]) -> str:
    """The reason of a row that is no line of a receipt, whose amount counts for nothing."""
    return "case when kind_value.reason like 'no_line%%' then kind_value.reason end" if "kind" in mapped else "null"


def _reason_of_quantity(mapped: set[str]) -> str:
    if "quantity" not in mapped:
        return "null"
    if "returned_quantity" not in mapped:
        return "quantity_value.reason"
    return """case when quantity_value.reason = 'no_quantity' and returned_quantity_value.number <> 0 then null
        else coalesce(quantity_value.reason, returned_quantity_value.reason) end"""


def _net_amount(mapping: ImportMapping, mapped: set[str]) -> str:
    """What was paid, less what was given back where that has a column of its own."""
    paid = _paid(mapping, mapped)
    if "returned" in mapped:
        is_told = f"coalesce({paid}, returned_value.number) is not null"
        paid = f"(case when {is_told} then coalesce({paid}, 0) - abs(coalesce(returned_value.number, 0)) end)"
    if not (mapping.amount_once and {"net", "receipt"} <= mapped):
        return paid
    first = f"row_number() over (partition by {_receipt_of(mapping)} order by t.row_number) > 1"
    return f"(case when {first} then 0 else {paid} end)"


def _paid(mapping: ImportMapping, mapped: set[str]) -> str:
    """What was paid, after discounts: beside the amount paid itself, discounts are only counted."""
    if {"net", "tax"} <= mapped:  # whatever sign the tax of what came back is written with
        return "(net_value.number + sign(net_value.number) * coalesce(abs(tax_value.number), 0))"
    if "net" in mapped:
        return "net_value.number"
    paid = _before_discounts(mapped)
    off = " + ".join(_taken_off(mapping, name, paid) for name in DISCOUNTS if name in mapped)
    return f"({paid} - sign({paid}) * ({off}))" if off else paid


def _before_discounts(mapped: set[str]) -> str:
    if "gross" in mapped:
        return "gross_value.number"
    # A till may write both with a minus: what comes back is below zero all the same.
    quantity = _quantity(mapped)
    return f"""(case when {quantity} < 0 and unit_price_value.number < 0 then -1 else 1 end
        * {quantity} * unit_price_value.number)"""


def _taken_off(mapping: ImportMapping, name: str, paid: str) -> str:
    if name == "discount" and mapping.discount_as != "amount":
        return f"coalesce(discount_value.number, 0) * abs({paid})"
    return f"coalesce(abs({name}_value.number), 0)"


def _discount(mapping: ImportMapping, mapped: set[str]) -> str:
    """The amount of a discount; one that is a rate, of what would have been paid without it."""
    if mapping.discount_as == "amount":
        return "discount_value.number"
    if "net" in mapped:
        rate = "discount_value.number"
        return f"(case when {rate} < 1 then net_value.number * {rate} / (1 - {rate}) else 0 end)"
    return f"discount_value.number * {_before_discounts(mapped)}"


def _coupon(name: str, mapped: set[str], scale: int) -> str:
    return f"abs(round({name}_value.number * {scale}))" if name in mapped else "null::numeric"


def _is_back(mapping: ImportMapping) -> str:
    """Whether a row gives back by what it is called or by how its receipt's number begins; empty where nothing says."""
    told = ["kind_value.is_back"] if "kind" in mapping.columns else []
    if mapping.returns_begin and "receipt" in mapping.columns:
        prefixes = "|".join(re.escape(prefix) for prefix in mapping.returns_begin)
        told.append(f"t.receipt ~* '^({_quoted(prefixes)})[^[:alpha:]]'")
    return f"coalesce({' or '.join(told)}, false)" if told else ""


def _quoted(text: str) -> str:
    """As a constant of a statement that psycopg reads too."""
    return text.replace("'", "''").replace("%", "%%")


def _signed(amount: str, quantity: str, is_back: str, *, has_quantity: bool) -> str:
    """What comes back is below zero, however the file writes its amount."""
    told = [is_back] if is_back else []
    if has_quantity:
        told.append(f"({quantity} < 0 and {amount} > 0)")
    return f"case when {' or '.join(told)} then -abs({amount}) else {amount} end" if told else amount


def _receipt_of(mapping: ImportMapping) -> str:
    """The number of a receipt, with what tells it from others of the same number."""
    zone = _quoted(mapping.time_zone)
    parts = {
        "store": "t.store",
        "till": "t.till",
        "day": f"to_char(moment_value.at at time zone '{zone}', 'YYYY-MM-DD')",
    }
    more = [parts[name] for name in mapping.receipt_by.split("_") if name in parts]
    return (
        f"case when t.receipt = '' then '' else concat_ws('/', {', '.join([*more, 't.receipt'])}) end"
        if more
        else "t.receipt"
    )


def _is_bare(mapped: set[str]) -> str:
    """Whether a row names no product where others do: it may be a total of them."""
    if "product" in mapped:
        return "u.is_unnamed"
    return "u.description ~* '^ *(sous|sub|grand)?[- ]?tota'" if "description" in mapped else "false"


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
        when r.no_line is not null then r.no_line
        when r.moment_text <> '' and lower(r.moment_text) = %(date_header)s then 'header_again'
        when r.moment_reason is not null then r.moment_reason
        when r.at > %(at)s then 'future'
        when r.at < '1900-01-01Z' then 'too_early'
        when r.quantity_reason is not null then r.quantity_reason
        when abs(r.quantity) > {QUANTITY_MAX} then 'too_large'
        when r.amount_reason is not null then r.amount_reason
        when r.net is null then 'no_amount'
        when r.quantity = 0 {nothing} then 'zero_quantity'
        when abs(r.net) > {NET_MAX} or r.discount > {NET_MAX} or r.coupon > {NET_MAX} then 'too_large'
        {"when r.receipt = '' then 'no_receipt'" if "receipt" in mapped else ""}
        {long}
        when length(r.customer) > {TEXT_MAX["customer"]} then 'long_customer'
        else r.other_reason end"""
