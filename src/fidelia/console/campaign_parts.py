"""A campaign as its page shows it: the audience, the offer in words, what the control group would show, the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from fidelia.access.models import ApprovalState
from fidelia.access.queries import find_approval
from fidelia.campaigns.models import Campaign, State
from fidelia.campaigns.operations import Audience
from fidelia.campaigns.operations.drafting import APPROVAL_RIGHT, content_hash_of
from fidelia.campaigns.queries import MeasuredEffect, Proof, ResultPage, list_proofs, proof_of
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.ids import new_id
from fidelia.kernel.money import exponent_of
from fidelia.messaging.queries import name_of_template
from fidelia.programme.models import Programme
from fidelia.programme.queries import check_document, version_in_force
from fidelia.programme.queries.differences import points_name_of
from fidelia.rules import describe_rule
from fidelia.ui import charts, formats
from fidelia.ui.parts import Definition

from .programme_parts import language
from .refusals import sentence_of

BASE = 0.2  # the part of people thought to buy anyway, until somebody says otherwise
LARGE_LIFT = 0.10
STATES = {
    State.DRAFT: "draft",
    State.AWAITING_APPROVAL: "waiting",
    State.RUNNING: "running",
    State.ENDED: "ended",
    State.STOPPED: "stopped",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist: `tone` is green (done), amber (look), grey (not yet)."""

    text: str
    detail: str
    tone: str

    @property
    def icon(self) -> str:
        return {"green": "check", "amber": "alert-triangle", "grey": "clock"}[self.tone]


@dataclass(frozen=True, slots=True)
class Measured:
    """One line of the result, written."""

    name: str
    treated: str
    control: str
    difference: str
    span: str
    finding: str
    definition: Definition
    found: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the result page opens with: one sentence, and what to do when nothing was found."""

    sentence: str
    advice: str = ""
    good: bool | None = None
    lines: Sequence[Measured] = field(default=())
    chart: charts.Chart | None = None


def offer_in_words(programme: Programme, offer: object, at: datetime) -> tuple[str, str]:
    """Return (what the offer says, "") or ("", why it cannot be one)."""
    current = version_in_force(programme, at)
    groups = current.document.get("groups", []) if current else []
    named = {"key": "offer", "name": {"en": "Offer", "fr": "Offre"}}
    if not isinstance(offer, dict):
        return "", _("An offer is a rule: points, points_per, points_per_unit or multiply_points, and a condition.")
    document = {"groups": groups, "rules": [offer | named]}
    try:
        terms = check_document(programme, document, version_id=new_id())
    except FideliaError as refusal:
        return "", sentence_of(refusal)
    rule_set = terms.rule_set
    said = describe_rule(rule_set.rules[0], rule_set, language(), points_name=points_name_of(programme))
    return formats.typeset(said, language()), ""


def audience_chart(audience: Audience) -> charts.Chart:
    """Whom the draw finds and who falls out, as a waterfall."""
    lost = [
        (_("No member"), audience.not_members, "orange"),
        (_("In another campaign"), audience.in_other_campaign, "orange"),
        (_("In the global control group"), audience.in_global_control, "sand"),
    ]
    losses = [*(one for one in lost if one[1]), (_("Control group"), audience.control, "sand")]
    return charts.waterfall(
        (_("In the segment"), audience.in_segment), losses, _("Get the offer"), language=language(),
        heading=_("Step"), value_name=_("People"),
    )  # fmt: skip


def proof_of_campaign(campaign: Campaign, audience: Audience, base: float) -> Proof | None:
    people = audience.treated + audience.control
    return proof_of(people=people, base=base, control_share=campaign.control_share) if people >= 2 else None


def proof_chart(people: int, base: float) -> charts.Chart | None:
    """The smallest rise in buyers that one could see, by the size of the control group."""
    proofs = [proof for proof in list_proofs(people=people, base=base) if proof.smallest_lift is not None]
    if len(proofs) < 2:
        return None
    labels = [formats.share(float(proof.control_share), language(), decimals=0) for proof in proofs]
    series = charts.Series(_("Smallest rise that shows"), [float(proof.smallest_lift or 0) for proof in proofs])
    return charts.lines(
        labels, [series], unit=charts.Unit("share", decimals=1), language=language(), heading=_("Control group")
    )


def proof_sentence(proof: Proof | None) -> str:
    """Say what the control group would show."""
    if proof is None or proof.smallest_lift is None:
        return _("These groups are too small to show any effect: choose a larger segment.")
    numbers = {
        "lift": formats.share_change(proof.smallest_lift, language()),
        "treated": formats.number(proof.n_treated, language()),
        "control": formats.number(proof.n_control, language()),
    }
    return (
        _(
            "%(treated)s get the offer, %(control)s are left alone. "
            "A rise in buyers of %(lift)s or more shows, 4 times in 5."
        )
        % numbers
    )


def checklist(campaign: Campaign, programme: Programme, audience: Audience, words: str, at: datetime) -> list[Check]:
    """What stands between a campaign and its launch."""
    tongue = language()
    number = formats.number
    approval = find_approval(right=APPROVAL_RIGHT, object_type="campaign", object_id=campaign.id)
    current = version_in_force(programme, at)
    drawn = f"{number(audience.treated, tongue)} + {number(audience.control, tongue)}"
    proof = proof_of_campaign(campaign, audience, BASE)
    lift = proof.smallest_lift if proof else None
    return [
        Check(
            _("Enough people for two groups"),
            drawn,
            "green" if min(audience.treated, audience.control) >= 2 else "amber",
        ),
        Check(
            _("Control group that can show something"),
            _("only a rise of %(lift)s or more shows") % {"lift": formats.share_change(lift, tongue)}
            if lift is not None
            else _("no effect would show"),
            "green" if lift is not None and lift <= LARGE_LIFT else "amber",
        ),
        Check(_("Offer understood"), "" if words else _("it is refused"), "green" if words else "amber"),
        Check(
            _("Programme in force"),
            _("version %(number)s") % {"number": current.number} if current else _("no version yet"),
            "green" if current else "amber",
        ),
        Check(_("Message"), _message_text(campaign), "green"),
        _approval_check(campaign, approval),
    ]


def _message_text(campaign: Campaign) -> str:
    if not campaign.template:
        return _("none: the offer shows at the till alone")
    return _("“%(key)s”, to those who agreed to offers by e-mail") % {"key": letter_name(campaign)}


def letter_name(campaign: Campaign) -> str:
    """Return what people call the letter of a campaign; empty without one."""
    name = name_of_template(campaign.template) if campaign.template else None
    return campaign.template if name is None else name.in_language(language())


def _approval_check(campaign: Campaign, approval: Any) -> Check:
    if is_approved(campaign):
        return Check(_("Approved"), _("by %(name)s") % {"name": approval.decided_by_label}, "green")
    if approval is not None and approval.state == ApprovalState.ASKED:
        return Check(_("Waits for another person"), _("asked by %(name)s") % {"name": approval.asked_by_label}, "amber")
    if approval is not None and approval.state == ApprovalState.REJECTED:
        text = ": ".join(filter(None, [approval.decided_by_label, approval.decision_note]))
        return Check(_("Refused"), text, "amber")
    return Check(_("Approval of another person"), _("not asked yet"), "grey")


def is_approved(campaign: Campaign) -> bool:
    """Tell whether another person approved the campaign as it now stands."""
    approval = find_approval(right=APPROVAL_RIGHT, object_type="campaign", object_id=campaign.id)
    return (
        approval is not None
        and approval.state == ApprovalState.APPROVED
        and approval.content_hash == content_hash_of(campaign)
    )


def verdict_of(page: ResultPage, programme: Programme, campaign: Campaign) -> Verdict:
    """Return the result as one sentence, its lines with intervals, and the chart of the difference in buyers."""
    tongue = language()
    buyers = page.buyers.effect
    parts = {
        "difference": formats.share_change(buyers.difference, tongue),
        "span": _span_of_shares(buyers.low, buyers.high),
        "treated": formats.share(page.buyers.treated, tongue),
        "control": formats.share(page.buyers.control, tongue),
        "n_treated": formats.number(buyers.n_treated, tongue),
        "n_control": formats.number(buyers.n_control, tongue),
    }
    good = {"positive": True, "negative": False}.get(buyers.finding)
    return Verdict(
        sentence=_verdict_sentence(buyers.finding) % parts,
        advice=_advice(page) if good is None else "",
        good=good,
        lines=_lines_of(page, programme),
        chart=_effect_chart(page, campaign),
    )


def _verdict_sentence(finding: str) -> str:
    if finding == "positive":
        return _(
            "%(difference)s of buyers, %(span)s: %(treated)s of the %(n_treated)s people treated bought, "
            "%(control)s of the %(n_control)s left alone."
        )
    if finding == "negative":
        return _(
            "The offer cost buyers: %(difference)s, %(span)s. %(treated)s of the %(n_treated)s people treated bought, "
            "%(control)s of the %(n_control)s left alone."
        )
    return _(
        "No effect found: the difference in buyers is %(difference)s, %(span)s, between %(n_treated)s people treated "
        "(%(treated)s bought) and %(n_control)s left alone (%(control)s)."
    )


def _advice(page: ResultPage) -> str:
    if page.smallest_lift is None:
        return _("Groups of this size could show no effect at all: repeat it with more people.")
    lift = formats.share_change(page.smallest_lift, language())
    return _(
        "Groups of this size show a rise of %(lift)s or more, 4 times in 5. A smaller effect may be there: repeat the "
        "campaign with more people, or make a stronger offer to fewer."
    ) % {"lift": lift}


def _span_of_shares(low: float, high: float) -> str:
    first, last = (formats.share_change(edge, language()) for edge in (low, high))
    return _("between %(low)s and %(high)s") % {"low": first, "high": last}


def _lines_of(page: ResultPage, programme: Programme) -> list[Measured]:
    tongue, currency = language(), page.result.currency
    unit, scale = exponent_of(currency), programme.points_currency.scale

    def share(value: float, sign: bool) -> str:
        return formats.share_change(value, tongue) if sign else formats.share(value, tongue)

    def money(value: float, sign: bool) -> str:
        return formats.money(Decimal(str(value)).scaleb(-unit), currency, tongue, decimals=2, sign=sign)

    def points(value: float, sign: bool) -> str:
        return formats.number(Decimal(str(value)).scaleb(-scale), tongue, decimals=1, sign=sign)

    written = ((page.buyers, share), (page.spend, money), (page.points, points))
    return [_measured(effect, write) for effect, write in written]


def _measured(measured: MeasuredEffect, write: Any) -> Measured:
    effect = measured.effect
    name = measured.name.in_language(language())
    span = {"low": write(effect.low, True), "high": write(effect.high, True)}
    return Measured(
        name=name,
        treated=write(measured.treated, False),
        control=write(measured.control, False),
        difference=write(effect.difference, True),
        span=_("between %(low)s and %(high)s") % span,
        finding=measured.finding.in_language(language()),
        definition=Definition(name, _(measured.definition)),
        found=effect.finding != "no effect found",
    )


def _effect_chart(page: ResultPage, campaign: Campaign) -> charts.Chart:
    effect = page.buyers.effect
    name = page.buyers.name.in_language(language())
    return charts.dots_with_intervals(
        [charts.Estimate(name, effect.difference, effect.low, effect.high)],
        unit=charts.Unit("share", decimals=1),
        language=language(),
        heading=_("Measure"),
        value_name=_("Treated less control group"),
    )


def smallest_lift_text(people: int, base: float, share: Fraction) -> str:
    """Say what a control group of this share of so many people would show."""
    if people < 2:
        return proof_sentence(None)
    proof = proof_of(people=people, base=base, control_share=share)
    return proof_sentence(proof)
