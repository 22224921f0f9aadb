"""The menu of the console, in one structure. Only pages that exist stand here; a test resolves every address.

An entry without permission is absent, never greyed. A block without entries is absent too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fidelia.kernel.actor import Actor

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Entry:
    """A page: `right` is asked for somewhere (empty: everybody signed in; "a|b": either); `key` follows G; `counter`
    names a count. `argument` is the part of the address that the page is found by, such as the key of a chapter.
    """

    text: Text
    icon: str
    url_name: str
    argument: str = ""
    right: str = ""
    key: str = ""
    counter: str = ""
    children: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    title: Text
    entries: tuple[Entry, ...]


MENU: tuple[Block, ...] = (
    Block(
        "",
        (
            Entry(_("Home"), "home", "console:home", key="h"),
            Entry(
                _("Customers"),
                "users",
                "console:customers",
                right="customer.see",
                key="c",
                children=(
                    Entry(_("Companies"), "building", "console:companies", right="customer.see"),
                    Entry(_("Segments"), "users-group", "console:segments", right="segment.see"),
                    Entry(_("Rights requests"), "shield-check", "console:rights-requests", right="request.see"),
                    Entry(
                        _("Imports"),
                        "file-import",
                        "console:imports",
                        right="file.keep|purchase.import",
                    ),
                ),
            ),
            Entry(
                _("Programme"),
                "award",
                "console:programmes",
                right="programme.see",
                key="p",
                children=(
                    Entry(_("Rewards"), "award", "console:rewards", right="reward.see"),
                    Entry(_("Coupons"), "ticket", "console:coupons", right="coupon.see"),
                    Entry(_("Gift cards"), "gift-card", "console:gift-cards", right="gift_card.see"),
                    Entry(_("Cards"), "id", "console:cards", right="card.see"),
                    Entry(_("Paid memberships"), "calendar", "console:subscriptions", right="subscription.see"),
                    Entry(_("Referral"), "affiliate", "console:referrals", right="referral.see"),
                    Entry(_("Gifts in stock"), "gift", "console:stock", right="stock.see"),
                    Entry(_("Budgets and vouchers"), "coins", "console:budgets", right="programme.see"),
                ),
            ),
            Entry(_("Purchases"), "receipt", "console:purchases", right="purchase.see"),
            Entry(_("Products"), "package", "console:products", right="product.see"),
            Entry(_("Till"), "cash-register", "till:till", right="purchase.record"),
        ),
    ),
    Block(
        _("Act"),
        (
            Entry(_("Campaigns"), "speakerphone", "console:campaigns", right="campaign.see", key="m"),
            Entry(_("Letters"), "mail", "console:letters", right="message.see"),
        ),
    ),
    Block(
        _("Steer"),
        (
            Entry(
                _("Insight"),
                "chart-dots-2",
                "console:insight",
                right="insight.see",
                key="i",
                children=(
                    Entry(_("Recency and frequency"), "chart-dots-2", "console:insight-rfm", right="insight.see"),
                    Entry(_("Type of purchase"), "tags", "console:insight-chapter", "frat", right="insight.see"),
                    Entry(_("Lifecycle"), "route", "console:insight-chapter", "lifecycle", right="insight.see"),
                    Entry(_("Portfolio"), "chart-pie", "console:insight-chapter", "portfolio", right="insight.see"),
                    Entry(_("Lifetime value"), "diamond", "console:insight-chapter", "value", right="insight.see"),
                    Entry(_("Churn"), "users-minus", "console:insight-chapter", "churn", right="insight.see"),
                    Entry(_("Scores"), "target", "console:insight-chapter", "scores", right="insight.see"),
                    Entry(_("Effectiveness"), "target-arrow", "console:insight-effects", right="campaign.see"),
                    Entry(_("Cohorts"), "stack-2", "console:insight-chapter", "cohorts", right="insight.see"),
                    Entry(_("Products sold"), "package", "console:insight-chapter", "products", right="insight.see"),
                ),
            ),
        ),
    ),
)
FOOT: tuple[Entry, ...] = (
    Entry(
        _("Settings"),
        "settings",
        "console:settings",
        children=(
            Entry(_("Company and stores"), "building-store", "console:stores", right="store.add"),
            Entry(_("Custom fields"), "id", "console:custom-fields", right="customer.define_trait"),
            Entry(_("Members’ portal"), "device-mobile", "console:member-portal", right="portal.see"),
            Entry(_("Law of promotions"), "scale", "console:policies", right="policy.see"),
            Entry(_("Users and roles"), "user-check", "console:users", right="user.see"),
            Entry(_("API keys"), "key", "console:keys", right="key.see"),
            Entry(_("Audit"), "history", "console:audit", right="audit.see"),
            Entry(_("Jobs"), "progress", "console:jobs", right="job.see"),
            Entry(_("Parked events"), "clock-pause", "console:events", right="event.see", counter="parked"),
            Entry(_("Style"), "palette", "console:style", right="system.see"),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """An entry as one person sees it on one page: `open` shows its children, `current` is the page itself."""

    text: Text
    icon: str
    url: str
    key: str
    count: int | None
    current: bool
    open: bool
    children: tuple[ShownEntry, ...]


@dataclass(frozen=True, slots=True)
class ShownBlock:
    title: Text
    entries: tuple[ShownEntry, ...]


@dataclass(frozen=True, slots=True)
class ShownMenu:
    blocks: tuple[ShownBlock, ...]
    foot: tuple[ShownEntry, ...]

    def every_entry(self) -> Iterator[ShownEntry]:
        for entry in (*(entry for block in self.blocks for entry in block.entries), *self.foot):
            yield entry
            yield from entry.children

    def addresses_by_key(self) -> dict[str, str]:
        """Return the address for each letter after G."""
        return {entry.key: entry.url for entry in self.every_entry() if entry.key}


def menu_for(actor: Actor, path: str, counts: Mapping[str, int]) -> ShownMenu:
    """Return the menu as the actor sees it on the page at `path`; `counts` fills the entries that name a counter."""
    blocks = (ShownBlock(block.title, _shown(block.entries, actor, path, counts)) for block in MENU)
    return ShownMenu(tuple(block for block in blocks if block.entries), _shown(FOOT, actor, path, counts))


def _shown(entries: tuple[Entry, ...], actor: Actor, path: str, counts: Mapping[str, int]) -> tuple[ShownEntry, ...]:
    return tuple(_show(entry, actor, path, counts) for entry in entries if _may_open(entry, actor))


def _may_open(entry: Entry, actor: Actor) -> bool:
    return not entry.right or any(actor.may_somewhere(right) for right in entry.right.split("|"))


def _show(entry: Entry, actor: Actor, path: str, counts: Mapping[str, int]) -> ShownEntry:
    url = reverse(entry.url_name, args=(entry.argument,) if entry.argument else ())
    children = _shown(entry.children, actor, path, counts)
    home = url == reverse("console:home")
    beneath = path == url or (not home and path.startswith(url)) or any(child.open for child in children)
    return ShownEntry(
        text=entry.text,
        icon=entry.icon,
        url=url,
        key=entry.key,
        count=counts.get(entry.counter),
        current=path == url,
        open=beneath,
        children=children,
    )
