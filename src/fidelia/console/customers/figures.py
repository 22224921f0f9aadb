"""The five figures of a customer, each with its definition, and the rail: tier, what may be sent, where to reach."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fidelia.customers.models import Consent
from fidelia.customers.queries import list_consents
from fidelia.insight.measures.segments import SEGMENT_BY_KEY
from fidelia.insight.models import RfmScore
from fidelia.insight.queries import get_rfm_of
from fidelia.programme.queries import measured
from fidelia.programme.queries.terms_in_words import describe_tiers
from fidelia.programme.queries.words import keep_words, next_words
from fidelia.rules.standing import Standing
from fidelia.ui.parts import Definition, Figure, Link

from ..words import CHANNELS, word
from .reading import Dossier, Membership
from .timeline_said import say_place

ASKED_CHANNELS = ("email", "sms", "phone", "post")


def figures_of(dossier: Dossier) -> list[Figure]:
    """Return the strip; a figure that the actor may not see, or that has no sense here, is absent."""
    figures = [_points(dossier, dossier.membership)] if dossier.membership else []
    if dossier.by.may_somewhere("purchase.see"):
        figures += [_spend(dossier), _purchases(dossier), _last_purchase(dossier)]
    score = get_rfm_of(dossier.ids) if dossier.by.may_somewhere("insight.see") else None
    if dossier.by.may_somewhere("insight.see"):
        figures.append(_rfm(dossier, score))
    return figures


def _points(dossier: Dossier, membership: Membership) -> Figure:
    speech, scale = dossier.speech, membership.scale
    balance = membership.balance
    first = membership.expiring[0] if membership.expiring else None
    note = _("none expire within a year")
    if first is not None:
        note = _("%(points)s expire on %(day)s") % {
            "points": speech.points(first.amount, scale),
            "day": speech.day(speech.last_day(first.expires_at)),
        }
    definition = Definition(
        _("Points"),
        _("What can be used now: all points entered, less those put aside and those that have expired."),
        _("%(posted)s entered − %(held)s put aside − %(due)s expired = %(available)s")
        % {
            "posted": speech.points(balance.posted, scale),
            "held": speech.points(balance.held, scale),
            "due": speech.points(balance.due, scale),
            "available": speech.points(balance.available, scale),
        },
        _("up to this minute"),
        [Link(_("See each movement"), reverse("console:customer-points", args=[dossier.customer.id]))],
    )
    return Figure(
        _("Points"), speech.points(balance.available, scale), note=note, definition=definition,
        bad=balance.available < 0,
    )  # fmt: skip


def _spend(dossier: Dossier) -> Figure:
    sums, speech = dossier.sums, dossier.speech
    definition = Definition(
        _("Spend, 12 months"),
        _("Purchases of the last 365 days, tax included, after discounts, less the returns dated in the same days."),
        detail=_("in the currency in which most was bought, up to this minute"),
    )
    if sums is None:
        return Figure(_("Spend, 12 months"), "—", note=_("no purchase yet"), definition=definition, few=True)
    count = ngettext("%(count)s purchase", "%(count)s purchases", sums.sales_since) % {
        "count": speech.number(sums.sales_since)
    }
    return Figure(
        _("Spend, 12 months"), speech.money(sums.amount_since, sums.currency), note=count, definition=definition
    )


def _purchases(dossier: Dossier) -> Figure:
    sums, speech = dossier.sums, dossier.speech
    definition = Definition(
        _("Average basket"),
        _("Spend of the last 365 days divided by the number of purchases in the same days; returns lower the spend."),
        detail=_("up to this minute"),
    )
    if sums is None or not sums.sales_since:
        return Figure(_("Average basket"), "—", note=_("no purchase in 12 months"), definition=definition, few=True)
    average = speech.money(round(sums.amount_since / sums.sales_since), sums.currency)
    note = ngettext("%(n)s purchase in all", "%(n)s purchases in all", sums.sales) % {"n": speech.number(sums.sales)}
    return Figure(_("Average basket"), average, note=note, definition=definition)


def _last_purchase(dossier: Dossier) -> Figure:
    sums, speech = dossier.sums, dossier.speech
    definition = Definition(_("Last purchase"), _("The day of the newest purchase; a return is not a purchase."))
    if sums is None or sums.last_sale_at is None:
        return Figure(_("Last purchase"), "—", definition=definition, few=True)
    days = (speech.today - speech.local(sums.last_sale_at).date()).days
    note = _("today") if days == 0 else ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": speech.number(days)}
    return Figure(_("Last purchase"), speech.day(sums.last_sale_at), note=note, definition=definition)


def _rfm(dossier: Dossier, score: RfmScore | None) -> Figure:
    speech = dossier.speech
    sentence = _(
        "How recently, how often and for how much this person bought, each on a scale of 1 to 5 beside all others."
    )
    if score is None:
        return Figure(
            _("RFM group"), "—", note=_("not scored yet"), definition=Definition(_("RFM group"), sentence), few=True
        )
    segment = SEGMENT_BY_KEY.get(score.segment)
    name = segment.name.in_language(speech.language) if segment else score.segment
    meaning = segment.meaning.in_language(speech.language) if segment else ""
    scores = f"{score.recency_score} · {score.frequency_score} · {score.amount_score}"
    definition = Definition(
        _("RFM group"),
        sentence,
        _("recency %(r)s, frequency %(f)s, amount %(m)s")
        % {"r": score.recency_score, "f": score.frequency_score, "m": score.amount_score},
        _("%(meaning)s · up to %(day)s") % {"meaning": meaning, "day": speech.plain_date(score.refresh.as_of)},
    )
    return Figure(_("RFM group"), name, note=_("scores %(scores)s") % {"scores": scores}, definition=definition)


@dataclass(frozen=True, slots=True)
class TierCard:
    """The rail's tier: title, "held until", "860 / 1 000", how full the bar is, and what is missing in words."""

    title: str
    until: str
    count: str
    ratio: float
    left: str
    definition: Definition


def tier_card_of(dossier: Dossier) -> TierCard | None:
    """Return where the member stands; None where there are no tiers or no membership."""
    membership = dossier.membership
    standing = membership.standing if membership else None
    if membership is None or standing is None:
        return None
    speech = dossier.speech
    held, keeps = standing.held, standing.held is not None and standing.earned >= standing.held.threshold
    goal = held if held is not None and not keeps else standing.next
    name = held.name.in_language(speech.language) if held else ""
    until = speech.plain_date(speech.last_day(standing.held_until)) if standing.held_until else ""
    target = goal.threshold if goal else max(1, held.threshold if held else 1)
    return TierCard(
        title=_("Tier %(name)s") % {"name": name} if held else _("No tier yet"),
        until=_("Held until %(day)s") % {"day": until} if until else _("Points of the window"),
        count=f"{_measured(dossier, membership, standing.earned)} / {_measured(dossier, membership, target)}",
        ratio=min(1.0, max(0.0, standing.earned / target)),
        left=_missing(dossier, membership, keeps=keeps),
        definition=Definition(
            _("Tier"),
            " ".join(describe_tiers(standing.tiers, speech.language)[:1]),
            detail=_("Points used lower the balance, never the tier; a return lowers both."),
        ),
    )


def _missing(dossier: Dossier, membership: Membership, *, keeps: bool) -> str:
    standing, speech = membership.standing, dossier.speech
    if standing is None:
        return ""
    if standing.ahead.besides:
        return _missing_together(dossier, membership, standing.ahead)
    if standing.held is not None and not keeps:
        left = _measured(dossier, membership, standing.held.threshold - standing.earned, unit=True)
        return _("%(points)s more to keep it after that day.") % {"points": left}
    if standing.next is None:
        return _("This is the highest tier, and its points are together.")
    left = _measured(dossier, membership, max(0, standing.next.threshold - standing.earned), unit=True)
    name = standing.next.name.in_language(speech.language)
    return _("%(points)s more to reach %(tier)s.") % {"points": left, "tier": name}


def _missing_together(dossier: Dossier, membership: Membership, ahead: Standing) -> str:
    """Say what is missing where levels ask for several measures at once."""
    programme, language = membership.enrolment.programme, dossier.speech.language
    if left := keep_words(ahead, programme, language):
        return _("%(points)s more to keep it after that day.") % {"points": left}
    left = next_words(ahead, programme, language)
    if ahead.next is None or not left:
        return ""
    return _("%(points)s more to reach %(tier)s.") % {"points": left, "tier": ahead.next.name.in_language(language)}


def _measured(dossier: Dossier, membership: Membership, amount: int, *, unit: bool = False) -> str:
    """An amount of what the tiers measure: points with or without their name, money, purchases."""
    standing = membership.standing
    if standing is None or standing.tiers.metric in ("earned", "balance"):
        return dossier.speech.points(amount, membership.scale, unit=unit)
    return measured(standing.tiers, membership.enrolment.programme, amount, dossier.speech.language)


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether offers may be sent on a channel: yes or no, since when, and how we know."""

    channel: str
    text: str
    given: bool
    since: str
    proof: str


def permissions_of(dossier: Dossier) -> list[Permission]:
    """Return for each channel the last word on offers and news; never having said is no."""
    words = [said for said in list_consents(dossier.customer.id) if said.purpose == "marketing"]
    return [_permission(dossier, channel, words) for channel in ASKED_CHANNELS]


def _permission(dossier: Dossier, channel: str, words: list[Consent]) -> Permission:
    last = next((said for said in words if said.channel in (channel, "any")), None)
    text = word(CHANNELS, channel)
    if last is None:
        return Permission(channel, text, False, _("never asked"), "")
    day = dossier.speech.plain_date(last.occurred_at)
    since = _("yes, on %(day)s") if last.given else _("no, on %(day)s")
    return Permission(channel, text, last.given, since % {"day": day}, say_place(last.proof))
