"""Try a basket: what a version would give for it, rule by rule. Nothing is written."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.http import QueryDict
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from fidelia.activity.operations import Basket, LineRequest, Trial, try_basket
from fidelia.activity.operations.requests import UNIT
from fidelia.activity.targets import CHANNELS
from fidelia.customers.models import Customer
from fidelia.customers.queries import get_customer, search_customers
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.money import Money, exponent_of
from fidelia.organisation.queries import list_stores
from fidelia.products.queries import get_products_by_code, list_products
from fidelia.programme.models import Programme, ProgrammeVersion
from fidelia.programme.queries import get_version, see_programme
from fidelia.programme.queries.differences import points_name_of
from fidelia.rules import Rule, explain_outcomes
from fidelia.rules.settlement import GRANTED
from fidelia.ui import formats

from .pages import ConsoleRequest, show, signed_in
from .programme_parts import language
from .refusals import sentence_of
from .trial_parts import OutcomeView, Row, TrialView, as_typed
from .trial_sources import document_tried, take_purchase

ROWS = 3
PEOPLE_MAX = 6
_EXAMPLE = ("34.90", "6.20", "14.50")


def blank_trial(version: ProgrammeVersion, *, by: Actor, at: datetime) -> TrialView:
    """Return the card as it stands before anything is tried: some products of the shop, now."""
    view = _empty(version, by, [])
    view.when = _local_text(at)
    known = list(view.products)[:ROWS]
    view.rows = [
        Row(product=code, name=name, amount=as_typed(amount))
        for (code, name), amount in zip(known, _EXAMPLE, strict=False)
    ] or [Row(product="article", amount=as_typed("20.00")), *[Row() for _i in range(ROWS - 1)]]
    return view


@signed_in
def trial(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    """Evaluate the basket of the form and show the card with its result."""
    version = get_version(see_programme(by=request.actor, slug=slug), number)
    if request.method != "POST":
        view = blank_trial(version, by=request.actor, at=clock.now())
    else:
        view = _typed(version, request.actor, request.POST)
        if "more" in request.POST:
            view.rows.append(Row())
        elif "take" not in request.POST or take_purchase(request.actor, view):
            _try(request.actor, view)
    context = {"trial": view, "programme": version.programme, "version": version}
    return show(request, "console/programmes/trial.html", context, partial="card", status=422 if _wrong(view) else 200)


def _wrong(view: TrialView) -> bool:
    # htmx shows a refused form only when the answer is a page it may swap; 422 is one.
    return bool(view.mistakes or any(row.mistake for row in view.rows))


def _empty(version: ProgrammeVersion, by: Actor, rows: list[Row]) -> TrialView:
    levels = (version.document.get("tiers") or {}).get("levels", [])
    may_see_products = by.may_somewhere("product.see")
    products = list_products(by=by, limit=200) if may_see_products else []
    return TrialView(
        version=version,
        rows=rows,
        when="",
        tiers=[(level["key"], level["name"][language()[:2]]) for level in levels],
        stores=[(store.code, store.name) for store in list_stores(by=by, open_only=True)],
        products=[(product.code, product.name) for product in products],
    )


def _typed(version: ProgrammeVersion, by: Actor, post: QueryDict) -> TrialView:
    columns = (post.getlist(name) for name in ("product", "quantity", "amount"))
    rows = [
        Row(product.strip(), quantity.strip(), amount.strip())
        for product, quantity, amount in zip(*columns, strict=False)
    ]
    view = _empty(version, by, rows[:50])
    view.when, view.store, view.tier = post.get("when", ""), post.get("store", ""), post.get("tier", "")
    view.channel = post.get("channel", "store") if post.get("channel") in CHANNELS else "store"
    view.member, view.customer_id = post.get("member", "").strip(), post.get("customer_id", "")
    view.is_first = "is_first" in post
    view.receipt, view.coupons = post.get("receipt", "").strip(), post.get("coupons", "").strip()
    view.rule_key, view.rule_text = post.get("rule_key", ""), post.get("rule_text", "").replace("\r\n", "\n")
    names = get_products_by_code([row.product for row in rows]) if view.products else {}
    for row in rows:
        row.name = names[row.product].name if row.product in names else ""
    return view


def _try(by: Actor, view: TrialView) -> None:
    lines = _lines_of(view)
    customer_id = _find_member(by, view)
    occurred_at = _moment_of(view)
    if _wrong(view) or view.people or occurred_at is None:
        return
    basket = Basket(
        lines=tuple(lines), occurred_at=occurred_at, channel=view.channel, store=view.store, customer_id=customer_id,
        tier=view.tier, is_first=view.is_first, coupons=tuple(re.findall(r"[a-z0-9_-]+", view.coupons)),
    )  # fmt: skip
    try:
        document = document_tried(view)
        _fill_result(view, try_basket(by=by, version=view.version, basket=basket, document=document))
    except FideliaError as refusal:
        view.mistakes.append(sentence_of(refusal))


def _lines_of(view: TrialView) -> list[LineRequest]:
    exponent = exponent_of(view.version.programme.currency)
    lines = []
    for row in view.rows:
        if not row.product and not row.amount:
            continue
        quantity, amount = _scaled(row.quantity or "1", 3), _scaled(row.amount, exponent)
        if not row.product:
            row.mistake = _("Name the product.")
        elif quantity is None or not 0 < quantity <= 1_000_000 * UNIT:
            row.mistake = _("A quantity is above zero.")
        elif amount is None:
            row.mistake = _("An amount looks like 12.50.")
        else:
            lines.append(LineRequest(product_code=row.product, quantity=quantity, net=amount))
    if not lines and not _wrong(view):
        view.mistakes.append(_("Put at least one product into the basket."))
    return lines


def _scaled(text: str, exponent: int) -> int | None:
    """Read "12,50" or "12.50" as minor units; None when it is no such number."""
    plain = re.sub(r"\s", "", text).replace(",", ".")
    try:
        amount = Decimal(plain).scaleb(exponent)
    except InvalidOperation:
        return None
    whole = amount.to_integral_value() if amount.is_finite() else None
    return int(whole) if whole is not None and whole == amount and 0 <= whole <= 10**12 else None


def _moment_of(view: TrialView) -> datetime | None:
    try:
        moment = parse_datetime(view.when)
    except ValueError:
        moment = None
    if moment is None:
        view.mistakes.append(_("Say when the purchase happens."))
        return None
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


def _find_member(by: Actor, view: TrialView) -> UUID | None:
    """Return the member named; several people of the name are offered to choose from, none is a mistake."""
    if not view.member:
        return None
    found = search_customers(by=by, text=view.member, limit=PEOPLE_MAX)
    chosen = next((one for one in found if str(one.id) == view.customer_id), None)
    if chosen is None and view.customer_id:
        chosen = _by_id(by, view)
    if chosen is None and len(found) == 1:
        chosen = found[0]
    if chosen is None and not found:
        view.mistakes.append(_("No customer matches “%(text)s”.") % {"text": view.member})
    if chosen is None:
        view.people = [(str(one.id), one.display_name, one.town) for one in found]
        return None
    view.customer_id, view.who = str(chosen.id), chosen.display_name
    return chosen.id


def _by_id(by: Actor, view: TrialView) -> Customer | None:
    try:
        found = get_customer(by=by, customer_id=UUID(view.customer_id))
    except (ValueError, FideliaError):
        return None
    return found if found.display_name == view.member else None


def _fill_result(view: TrialView, result: Trial) -> None:
    programme = view.version.programme
    scale, name = programme.points_currency.scale, points_name_of(programme)
    tongue = language()
    typed = [row for row in view.rows if row.product or row.amount]
    for row, line in zip(typed, result.bill.lines, strict=False):
        row.points = formats.minor_points(line.points, scale, tongue)
        row.discount = _money(line.amount - line.listed, programme, tongue) if line.discounts else ""
    view.points = formats.minor_points(result.settlement.points, scale, tongue, sign=True)
    view.total = _money(result.bill.listed, programme, tongue)
    view.discount = _money(-result.bill.discount, programme, tongue) if result.bill.discount else ""
    view.due = _money(result.bill.total, programme, tongue)
    view.gifts = [line.product for line in result.bill.lines[len(typed) :]]
    tier_names = dict(view.tiers)
    view.who = " · ".join(filter(None, [view.who or _("An invented member"), tier_names.get(result.tier, "")]))
    said = explain_outcomes(result.decision, result.terms.rule_set, tongue, points_name=name)
    view.outcomes = [
        _outcome_view(rule, text, outcome.reason == GRANTED, _by_line(view, rule, result))
        for rule, (outcome, text) in zip(result.terms.rule_set.rules, said, strict=True)
    ]


def _by_line(view: TrialView, rule: Rule, result: Trial) -> str:
    """Say what a rule gives to each line; nothing where it gives to one line alone."""
    programme, tongue = view.version.programme, language()
    rows = [row for row in view.rows if row.product or row.amount]
    given = []
    for row, line in zip(rows, result.bill.lines, strict=False):
        points, discount = dict(line.points_by_rule).get(rule.key, 0), dict(line.discounts).get(rule.key, 0)
        shown = formats.minor_points(points, programme.points_currency.scale, tongue, sign=True) if points else ""
        shown = _money(-discount, programme, tongue) if discount else shown
        given += [f"{row.name or row.product} {shown}"] if shown else []
    return " · ".join(given) if len(given) > 1 else ""


def _money(minor: int, programme: Programme, tongue: str) -> str:
    return formats.money(Money(minor, programme.currency).text(), programme.currency, tongue)


def _outcome_view(rule: Rule, text: str, gave: bool, by_line: str) -> OutcomeView:
    name = rule.name.in_language(language())
    return OutcomeView(name, formats.typeset(text_without_name(text, name), language()), gave, by_line)


def text_without_name(text: str, name: str) -> str:
    """Return a sentence about a rule without its name and colon, which the page writes itself."""
    return re.sub(r"^[\s:]+", "", text.removeprefix(name))


def _local_text(at: datetime) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%dT%H:%M")
