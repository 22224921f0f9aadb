"""What every tab of a customer knows: who it is, the membership that counts, and the names of stores."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, reduce
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from fidelia.activity.queries import PurchaseSums, sum_purchases
from fidelia.customers.models import Customer
from fidelia.customers.queries import CustomerCard, get_customer_card, traits_at
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor, Scope
from fidelia.ledger.queries import AccountBalance, ExpiringPoints, get_balance, points_expiring
from fidelia.organisation.models import Store
from fidelia.organisation.queries import list_stores
from fidelia.programme.models import Enrolment
from fidelia.programme.queries import HeldLevel, TierStanding, level_held, see_enrolments, tier_standing
from fidelia.ui.parts import Tab

from ..pages import ConsoleRequest
from ..speech import Speech, speech_of
from .placing import ListPlace, read_list_place
from .rows import SPEND_DAYS, added, name_of

EXPIRY_AHEAD = timedelta(days=365)


@dataclass(frozen=True)
class Membership:
    """The enrolment that counts (the newest in force), with its points and its tiers, each read when it is asked for:
    not every tab shows them.
    """

    enrolment: Enrolment
    at: datetime

    @cached_property
    def balance(self) -> AccountBalance:
        return get_balance(account_id=self.enrolment.account_id, currency=self._points, at=self.at)

    @cached_property
    def expiring(self) -> list[ExpiringPoints]:
        until = self.at + EXPIRY_AHEAD
        return points_expiring(account_id=self.enrolment.account_id, currency=self._points, at=self.at, until=until)

    @cached_property
    def standing(self) -> TierStanding | None:
        return tier_standing(self.enrolment, self.at)

    @cached_property
    def held(self) -> HeldLevel | None:
        """The level held: of `standing` where a tab has read that, else without what is ahead."""
        if "standing" not in self.__dict__:
            return level_held(self.enrolment, self.at)
        standing = self.standing
        if standing is None or standing.held is None or standing.rank is None:
            return None
        return HeldLevel(standing.held, standing.rank)

    @property
    def _points(self) -> str:
        return self.enrolment.programme.points_currency_id

    @property
    def scale(self) -> int:
        return self.enrolment.programme.points_currency.scale


@dataclass(frozen=True)
class Dossier:
    """A customer as the pages show it. `membership` and `sums` are None without the right to see them, or without any.

    `sums` are in the currency in which most was bought.
    """

    by: Actor
    at: datetime
    card: CustomerCard
    ids: tuple[UUID, ...]
    name: str
    membership: Membership | None
    sums: PurchaseSums | None
    stores: dict[UUID, Store]
    speech: Speech
    place: ListPlace | None = None

    @property
    def customer(self) -> Customer:
        return self.card.customer

    @property
    def scope(self) -> Scope:
        return Scope(self.customer.partner_id, self.customer.home_store_id)

    @cached_property
    def traits(self) -> dict[str, int | str | bool | date]:
        """What holds of the person now, by the trait's name."""
        return traits_at(self.customer.id, self.at, ids=self.ids)

    def may(self, right: str) -> bool:
        return self.by.may(right, self.scope)

    def may_on_points(self, right: str) -> bool:
        """Tell whether the actor holds a right over the membership's part of the network."""
        if self.membership is None:
            return False
        enrolment = self.membership.enrolment
        return self.by.may(right, Scope(enrolment.partner_id, enrolment.store_id))


def read_dossier(request: ConsoleRequest, customer_id: UUID) -> Dossier:
    """Raises Denied, UnknownCustomer (there is none, or it is not the actor's to see)."""
    by, at = request.actor, clock.now()
    card = get_customer_card(by=by, customer_id=customer_id)
    ids = card.ids
    return Dossier(
        by=by,
        at=at,
        card=card,
        ids=ids,
        name=name_of(card.customer),
        membership=_membership(by, ids, at),
        sums=_sums(by, ids, at),
        stores={store.id: store for store in list_stores(by=by)},
        speech=speech_of(at),
        place=read_list_place(request.GET, card.customer, by=by, at=at),
    )


def frame_of(dossier: Dossier, current: str) -> dict[str, Any]:
    """Return what the header and the tabs of a customer's page name; `current` is the url name of the tab."""
    customer = dossier.customer
    return {
        "d": dossier,
        "customer": customer,
        "name": dossier.name,
        "tabs": _tabs(dossier, current),
        "facts": _facts(dossier),
        "held": _held(dossier),
        "may_adjust": dossier.may_on_points("points.adjust") and not customer.is_erased,
        "previous_url": _beside(current, dossier.place.previous) if dossier.place else "",
        "next_url": _beside(current, dossier.place.next) if dossier.place else "",
        "may_change": dossier.may("customer.change") and not customer.is_erased,
        "may_merge": dossier.may("customer.merge") and not customer.is_erased,
        "may_identify": dossier.may("customer.identify") and not customer.is_erased,
        "may_record_consent": dossier.may("customer.record_consent") and not customer.is_erased,
    }


def _membership(by: Actor, ids: tuple[UUID, ...], at: datetime) -> Membership | None:
    seen = see_enrolments(by=by, customer_ids=ids, right="points.see")
    enrolment = next((each for each in seen if each.ended_at is None), None)
    if enrolment is None:
        return None
    return Membership(enrolment, at)


def _sums(by: Actor, ids: tuple[UUID, ...], at: datetime) -> PurchaseSums | None:
    if not by.may_somewhere("purchase.see"):
        return None
    found = sum_purchases(by=by, customer_ids=ids, since=at - timedelta(days=SPEND_DAYS))
    if not found:
        return None
    in_currency = [sums for sums in found if sums.currency == found[0].currency]
    return reduce(added, in_currency)


def _held(dossier: Dossier) -> dict[str, Any] | None:
    held = dossier.membership.held if dossier.membership else None
    return {"name": held.level.name.in_language(dossier.speech.language), "rank": held.rank} if held else None


def _sees_rewards(dossier: Dossier) -> bool:
    return dossier.by.may_somewhere("reward.see") or dossier.by.may("voucher.see")


def _tabs(dossier: Dossier, current: str) -> list[Tab]:
    counts = {"console:customer-purchases": dossier.speech.number(dossier.sums.sales) if dossier.sums else ""}
    offered = [
        ("console:customer", _("Timeline"), True),
        ("console:customer-purchases", _("Purchases"), dossier.by.may_somewhere("purchase.see")),
        ("console:customer-points", _("Points"), dossier.membership is not None),
        ("console:customer-rewards", _("Rewards"), dossier.membership is not None and _sees_rewards(dossier)),
        ("console:customer-insight", _("Insight"), dossier.by.may_somewhere("insight.see")),
        ("console:customer-messages", _("Messages"), dossier.by.may("message.see")),
        ("console:customer-record", _("Record"), True),
        ("console:customer-history", _("History"), True),
    ]
    return [
        Tab(text, _address(url_name, dossier), counts.get(url_name, ""), url_name == current)
        for url_name, text, is_open in offered
        if is_open
    ]


def _address(url_name: str, dossier: Dossier) -> str:
    """The tab's address, with the place in the list that leads on from it."""
    address = reverse(url_name, args=[dossier.customer.id])
    return f"{address}?{dossier.place.query}" if dossier.place else address


def _beside(url_name: str, neighbour: tuple[UUID, str] | None) -> str:
    """The same tab of the customer beside; points are not everybody's, so those lead to the timeline."""
    if neighbour is None:
        return ""
    tab = "console:customer" if url_name == "console:customer-points" else url_name
    return f"{reverse(tab, args=[neighbour[0]])}?{neighbour[1]}"


def _facts(dossier: Dossier) -> str:
    card = next((each.value for each in dossier.card.identities if each.scheme == "card"), "")
    home = dossier.stores.get(dossier.customer.home_store_id) if dossier.customer.home_store_id else None
    since = _("since %(day)s") % {"day": dossier.speech.plain_date(dossier.customer.acquired_at)}
    parts = [_("Card %(number)s") % {"number": spaced(card)} if card else "", since, home.name if home else ""]
    return " · ".join(part for part in parts if part)


def spaced(card: str) -> str:
    """Write a card number in groups of four, as cards print it."""
    return "\u00a0".join(card[place : place + 4] for place in range(0, len(card), 4))
