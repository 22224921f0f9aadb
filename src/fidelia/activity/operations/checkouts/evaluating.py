"""Evaluate a basket: say what closing it would come to, at any moment, by any version. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fidelia.kernel.actor import Actor, Scope
from fidelia.programme.errors import UnknownVersion
from fidelia.programme.models import ProgrammeVersion
from fidelia.programme.queries import Terms, get_programme_by_id, get_version, parse_document, terms_of
from fidelia.rewards.operations.guessing import check_guesser, count_wrong_codes, guesser_of

from ..rule_reads import remember_reads_of_basket
from .describing import describe_evaluation
from .reading import CheckoutSurroundings, read_untouched
from .requests import CheckoutBasket, check_basket
from .settling import settle_basket


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What to evaluate. `version` is the number of a version to try, a draft or not; `drafts` are rules to try beside
    those of the version, in the form of the document, in place of those with the same key.
    """

    basket: CheckoutBasket
    explain: bool = False
    version: int | None = None
    drafts: tuple[Mapping[str, Any], ...] = ()

    @property
    def tries_other_rules(self) -> bool:
        """Whether other rules are tried than those in force."""
        return self.version is not None or bool(self.drafts)


def evaluate_checkout(*, by: Actor, at: datetime, asked: Evaluation, found: str | None = None) -> dict[str, Any]:
    """Return what the basket would come to; see `describe_evaluation`. Writes nothing, locks nothing.

    `found` is what `reading_of_basket` read with the admission of `by`. A basket without a moment of its own is of now;
    it may be dated in the future, to try what is to come. Raises Denied
    (purchase.record; programme.see for drafts), UnknownProgramme, UnknownVersion, UnknownMember, StoreUnknown,
    WrongCurrency, MalformedLines, MalformedBasket, BasketTooLarge, NoTermsInForce, RateLimited (codes are guessed),
    and what `parse_document` raises.
    """
    if not by.may_somewhere("purchase.record"):
        by.require("purchase.record")
    check_basket(asked.basket, at, as_of=True)
    shown = asked.basket.codes_shown
    if shown:  # a basket could ask of a thousand codes whether they are any
        check_guesser(guesser_of(by), at=at)
    around = read_untouched(by, asked.basket, at=at, found=found)
    by.require("purchase.record", around.around.scope)
    if shown:
        count_wrong_codes(guesser_of(by), shown, around.rewards, at=at)
    settled = settle_basket(around, _terms(by, asked, around), at=at, explain=asked.explain)
    return describe_evaluation(around, settled, at=at, explain=asked.explain)


def _terms(by: Actor, asked: Evaluation, found: CheckoutSurroundings) -> Terms:
    if not asked.tries_other_rules:
        terms = terms_of(found.version_id)
        remember_reads_of_basket(asked.basket.programme, terms)
        return terms
    programme = get_programme_by_id(found.around.programme_id)
    by.require("programme.see", Scope(programme.partner_id))
    if asked.version is not None:
        version = get_version(programme, asked.version)
    else:
        version = _published(found)
    return parse_document(programme, _with_drafts(version.document, asked.drafts), version_id=version.id)


def _published(found: CheckoutSurroundings) -> ProgrammeVersion:
    version = ProgrammeVersion.objects.filter(id=found.version_id).first()
    if version is None:
        raise UnknownVersion("There is no such published version.")
    return version


def _with_drafts(document: Mapping[str, Any], drafts: tuple[Mapping[str, Any], ...]) -> dict[str, Any]:
    """Return the document with each draft in the place of the rule of the same key, or after all of them."""
    tried = {str(draft.get("key", "")): dict(draft) for draft in drafts}
    rules = [tried.pop(rule["key"], rule) for rule in document["rules"]]
    return {**document, "rules": [*rules, *tried.values()]}
