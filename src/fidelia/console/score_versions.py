"""Insight › Scores › Versions: what each was learnt from, how good it is, how far people drifted, which one counts."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST

from fidelia.insight.fits.scoring.keeping import DRIFTED
from fidelia.insight.models import ScoreKind, ScoreVersion
from fidelia.insight.operations import choose_score
from fidelia.insight.operations.campaign_scores import RESPONSE_TRAIT, UPLIFT_TRAIT
from fidelia.insight.operations.scoring import SCORE
from fidelia.insight.queries import list_score_versions
from fidelia.kernel import clock
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.localized import LocalizedText
from fidelia.ui import formats
from fidelia.ui.parts import Chip

from . import meanings_tables
from .insight import SegmentOffer
from .pages import ConsoleRequest, show, signed_in
from .period_forms import DAY, PeriodForm
from .programme_parts import language
from .refusals import sentence_of
from .slices import address_of, filters_of, slice_of
from .words import Words, word

MOVED = 0.1
LONGEST: Final = 9  # digits of the number of a version


NAMES: Words = {
    ScoreKind.PURCHASE: _lazy("Who buys again within 90 days"),
    ScoreKind.RESPONSE: _lazy("Who answers a campaign"),
    ScoreKind.UPLIFT: _lazy("Who buys because of a campaign"),
}
LEARNT_FROM: Words = {
    ScoreKind.PURCHASE: _lazy("Learnt from the history itself: who bought in its last 90 days."),
    ScoreKind.RESPONSE: _lazy("Learnt from past campaigns: who of those who had the offer bought while it ran."),
    ScoreKind.UPLIFT: _lazy(
        "Learnt from past campaigns and their control groups: whom the offer moves, beyond those who buy anyway."
    ),
}
NONE_YET: Words = {
    ScoreKind.PURCHASE: _lazy("A refresh keeps the first one once the history is long enough for a score."),
    ScoreKind.RESPONSE: _lazy(
        "It is learnt in the night after a campaign is over, once 20 people answered and 20 did not."
    ),
    ScoreKind.UPLIFT: _lazy(
        "It is learnt in the night after a campaign is over, once in each arm 20 people bought and 20 did not."
    ),
}
BEST: Final = {
    ScoreKind.RESPONSE: (RESPONSE_TRAIT, LocalizedText(en="Most likely to answer", fr="Les plus prompts à répondre")),
    ScoreKind.UPLIFT: (UPLIFT_TRAIT, LocalizedText(en="Moved by campaigns", fr="Sensibles aux campagnes")),
}


class VersionsForm(PeriodForm):
    """Which versions are shown: of a score, learnt in a period."""

    score = forms.ChoiceField(label=_lazy("Score"), required=False)
    since = forms.DateField(label=_lazy("Learnt since"), required=False, widget=DAY)
    until = forms.DateField(label=_lazy("Learnt up to"), required=False, widget=DAY)

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self._choose("score", [("", _("all")), *((kind.value, word(NAMES, kind)) for kind in ScoreKind)])

    def takes(self, version: ScoreVersion) -> bool:
        """Whether a version was learnt in the period; days are those of the page."""
        day, wanted = timezone.localtime(version.learnt_at).date(), self.chosen
        return bool(wanted.get("since", day) <= day <= wanted.get("until", day))

    def chips(self) -> list[Chip]:
        """What is chosen; each is taken off by its address."""
        chips = []
        for name, value in self.chosen.items():
            shown = word(NAMES, value) if name == "score" else formats.plain_date(value, language())
            rest = {other: str(kept) for other, kept in self.chosen.items() if other != name}
            address = f"{reverse('console:insight-score-versions')}?{urlencode(rest)}"
            chips.append(Chip(str(self.fields[name].label), shown, address))
        return chips


@signed_in
def versions(request: ConsoleRequest) -> HttpResponseBase:
    """The cards of all versions of each score, the newest first; those of a score or a period where one is chosen."""
    by = request.actor
    part, form = slice_of(request, by), VersionsForm(request.GET or None)
    asked = form.chosen.get("score")
    kinds = [_kind(kind, list_score_versions(by=by, kind=kind), form) for kind in ScoreKind if asked in (None, kind)]
    context = {
        "form": form,
        "chips": form.chips(),
        "part_chips": filters_of(by, part, "scores")["slice_chips"] if part else [],
        "part_url": address_of("scores", part),
        "kinds": kinds,
        "may_choose": by.may_somewhere("insight.refresh"),
        "may_define": by.may_somewhere("segment.define"),
    }
    return show(request, "console/insight/score_versions.html", context)


def _kind(kind: ScoreKind, found: list[ScoreVersion], form: VersionsForm) -> dict[str, Any]:
    in_use = next((one for one in found if one.is_chosen), found[0] if found else None)
    is_of_use = in_use is not None and (in_use.is_chosen or in_use.card.get("is_better_than_chance", True))
    segment_url = ""
    if in_use is not None and is_of_use and kind in BEST:
        trait, name = BEST[kind]
        condition = f"has(trait.{trait}) && trait.{trait} >= {in_use.card['best']}"
        segment_url = SegmentOffer(trait.replace("_", "-"), condition, name).url
    return {
        "key": kind.value, "name": word(NAMES, kind), "learnt_from": word(LEARNT_FROM, kind),
        "definition": meanings_tables.versions(kind, word(NAMES, kind)),
        "none_yet": word(NONE_YET, kind), "rows": [_row(one) for one in found if form.takes(one)],
        "is_left_out": bool(found) and not any(map(form.takes, found)),
        "is_chosen": any(one.is_chosen for one in found), "segment_url": segment_url, "says_nothing": not is_of_use,
    }  # fmt: skip


@require_POST
@signed_in
def choose(request: ConsoleRequest) -> HttpResponseBase:
    """Choose a version, or let each refresh learn anew."""
    asked, kind = request.POST.get("number", ""), request.POST.get("kind", ScoreKind.PURCHASE)
    number = int(asked) if asked.isdecimal() and len(asked) < LONGEST else None if not asked else 0
    try:
        choose_score(by=request.actor, at=clock.now(), number=number, kind=kind)
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(request, _("It counts from the next refresh on."))
    return redirect("console:insight-score-versions")


def _row(version: ScoreVersion) -> dict[str, Any]:
    tongue, card = language(), version.card
    worst = max(version.drift.values(), default=None)
    return {
        "number": version.number, "learnt_at": version.learnt_at, "is_chosen": version.is_chosen,
        "chosen_by": version.chosen_by, "people": formats.number(card["people"], tongue),
        "did": formats.share(card["did"] / card["people"], tongue, decimals=1),
        "campaigns": len(card["campaigns"]) if "campaigns" in card else None,
        "columns": [_(name) for name in card["columns"]],
        "drift": "" if worst is None else formats.number(worst, tongue, decimals=2),
        "tone": "grey" if worst is None or worst < MOVED else "amber" if worst < DRIFTED else "red",
        "finding": _drift_said(worst),
        "drifts": [
            (_("The score itself") if name == SCORE else _(name), formats.number(value, tongue, decimals=3))
            for name, value in version.drift.items()
        ],
    } | (_ranks(card) if version.kind == ScoreKind.UPLIFT else _tells(card))  # fmt: skip


def _tells(card: dict[str, Any]) -> dict[str, str]:
    """How good a probability is."""
    tongue = language()
    return {
        "quality": formats.number(card["auc"], tongue, decimals=3),
        "span": _span(card["auc_low"], card["auc_high"], 3),
        "best": _("%(n)s times the average") % {"n": formats.number(card["lift"], tongue, decimals=1)},
        "error": formats.share(card["calibration_error"], tongue, decimals=1),
    }


def _ranks(card: dict[str, Any]) -> dict[str, str]:
    """How good a ranking by uplift is; the gain in buyers is said in points of percent."""
    tongue = language()
    return {
        "quality": formats.number(1_000 * card["qini"], tongue, decimals=1),
        "span": _span(1_000 * card["qini_low"], 1_000 * card["qini_high"], 1),
        "best": _("%(n)s points") % {"n": formats.number(100 * card["of_best"], tongue, decimals=1, sign=True)},
        "error": _("%(n)s points") % {"n": formats.number(100 * card["of_all"], tongue, decimals=1, sign=True)},
    }


def _span(low: float, high: float, decimals: int) -> str:
    return _("%(low)s to %(high)s") % {
        "low": formats.number(low, language(), decimals=decimals),
        "high": formats.number(high, language(), decimals=decimals),
    }


def _drift_said(worst: float | None) -> str:
    if worst is None:
        return _("not watched")
    if worst < MOVED:
        return _("as when it was learnt")
    return _("has moved") if worst < DRIFTED else _("other people by now")
