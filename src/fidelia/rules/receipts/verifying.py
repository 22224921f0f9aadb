"""Verify files of receipts: each as it was sealed, all in their chain, and decided once more by the published rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from fidelia.kernel.errors import FideliaError
from fidelia.kernel.localized import LocalizedText

from ..decision import GENESIS
from .published import Published
from .receipt import Receipt
from .recomputing import BETWEEN, NO_BASKET, UNREADABLE, Earlier, recompute

_CUT = 80
SENTENCES: Mapping[str, LocalizedText] = {
    "changed": LocalizedText(
        en="{pointer} is not as it was sealed: it was changed afterwards.",
        fr="{pointer} n’est plus tel qu’il a été scellé : il a été modifié depuis.",
    ),
    "hash": LocalizedText(
        en="the decision is not the one that its hash covers.",
        fr="la décision n’est pas celle que couvre son empreinte.",
    ),
    "version_id": LocalizedText(
        en="the decision names the version {told}, the receipt the version {found}.",
        fr="la décision nomme la version {told}, le justificatif la version {found}.",
    ),
    "other_account": LocalizedText(
        en="it is of another account than the receipts before it.",
        fr="il appartient à un autre compte que les justificatifs qui le précèdent.",
    ),
    "missing": LocalizedText(
        en="before it, {count} of the chain are missing: from {first} to {last}.",
        fr="avant lui, il en manque {count} à la chaîne : de {first} à {last}.",
    ),
    "order": LocalizedText(
        en="it stands after number {before}, and is number {number}: the order was changed.",
        fr="il vient après le numéro {before} et porte le numéro {number} : l’ordre a été modifié.",
    ),
    "link": LocalizedText(
        en="it does not follow number {before}: the hash it begins from is another.",
        fr="il ne suit pas le numéro {before} : il part d’une autre empreinte.",
    ),
    "first": LocalizedText(
        en="it is the first of its account and yet follows something.",
        fr="c’est le premier de son compte, et pourtant il en suit un autre.",
    ),
    "conflict": LocalizedText(
        en="another receipt of the account has the same number, {number}, and says something else.",
        fr="un autre justificatif du compte porte le même numéro, {number}, et dit autre chose.",
    ),
    "version": LocalizedText(
        en="it was decided by version {number} of “{programme}” ({told}…); the document given is another ({found}…).",
        fr="il a été décidé par la version {number} de « {programme} » ({told}…) ; le document donné en est "
        "une autre ({found}…).",
    ),
    "programme": LocalizedText(
        en="it is of the programme “{programme}”; the document given is of “{found}”.",
        fr="il relève du programme « {programme} » ; le document donné est celui de « {found} ».",
    ),
    "differs": LocalizedText(
        en="{pointer} says {told}; decided once more it is {found}.",
        fr="{pointer} dit {told} ; décidé de nouveau, c’est {found}.",
    ),
    "undecidable": LocalizedText(
        en="it cannot be decided once more: {told}", fr="il ne peut pas être décidé de nouveau : {told}"
    ),
}
NOTES: Mapping[str, LocalizedText] = {
    "needs": LocalizedText(
        en="sealed and chained; not decided once more, for that the receipt of purchase {purchase} is needed.",
        fr="scellé et chaîné ; non redécidé, il y faut le justificatif de l’achat {purchase}.",
    ),
    "between": LocalizedText(
        en="sealed and chained; not decided once more, for that all receipts between the sale and it are needed.",
        fr="scellé et chaîné ; non redécidé, il y faut tous les justificatifs entre la vente et lui.",
    ),
    "basket": LocalizedText(
        en="sealed and chained; not decided once more: its checkout was opened again, the basket of then is not kept.",
        fr="scellé et chaîné ; non redécidé : son panier a été rouvert, celui d’alors n’est plus gardé.",
    ),
    "unasked": LocalizedText(
        en="sealed and chained; give the published document to decide it once more.",
        fr="scellé et chaîné ; donnez le document publié pour le redécider.",
    ),
    "gap": LocalizedText(
        en="between {before} and {number} of the account receipts were not given: that link is not verified.",
        fr="entre {before} et {number} du compte, des justificatifs manquent : ce lien n’est pas vérifié.",
    ),
    "proved": LocalizedText(
        en="sealed, chained, and decided once more: {points}, as told.",
        fr="scellé, chaîné et décidé de nouveau : {points}, comme annoncé.",
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found of a receipt: `code` of SENTENCES (it is not as it says) or of NOTES."""

    file: str
    number: int
    code: str
    details: Mapping[str, Any]

    @property
    def is_wrong(self) -> bool:
        return self.code in SENTENCES

    def sentence(self, language: str) -> str:
        """Return it for people, in "en" or "fr"."""
        template = SENTENCES.get(self.code) or NOTES[self.code]
        return template.in_language(language).format(**self.details)


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings, in the order of the files; `proved` receipts came to the same once more."""

    findings: tuple[Finding, ...]
    receipts: int
    proved: int

    @property
    def is_sound(self) -> bool:
        return not any(each.is_wrong for each in self.findings)


@dataclass(frozen=True, slots=True)
class _Placed:
    file: str
    receipt: Receipt

    def say(self, code: str, **details: Any) -> Finding:
        return Finding(self.file, self.receipt.sequence, code, details)


def verify_receipts(files: Sequence[tuple[str, Sequence[Receipt]]], published: Sequence[Published] = ()) -> Verdict:
    """Hold receipts to their seals, to their chains, and to the published documents where some are given.

    A file of several receipts is a chain without a gap; files beside each other may leave some out.
    """
    placed = [_Placed(name, receipt) for name, receipts in files for receipt in receipts]
    findings = [finding for one in placed for finding in _of_itself(one)]
    for name, receipts in files:
        findings += _of_a_file([_Placed(name, receipt) for receipt in receipts])
    findings += _of_accounts(placed)
    proved = list(_decide_again(placed, published, {(each.file, each.number) for each in findings if each.is_wrong}))
    findings += proved
    order = {name: place for place, (name, _receipts) in enumerate(files)}
    told = sorted(findings, key=lambda each: order[each.file])
    return Verdict(tuple(told), len(placed), sum(each.code == "proved" for each in proved))


def _of_itself(one: _Placed) -> Iterator[Finding]:
    receipt = one.receipt
    for pointer in receipt.changed_fields():
        yield one.say("changed", pointer=pointer)
    if not receipt.is_chained():
        yield one.say("hash")
    told, found = receipt.decision.get("rule_version"), receipt.content["version"].get("id")
    if (told or None) != (found or None):
        yield one.say("version_id", told=told, found=found)
    if receipt.sequence == 1 and receipt.previous_hash != GENESIS.hex():
        yield one.say("first")


def _of_a_file(chain: Sequence[_Placed]) -> Iterator[Finding]:
    for before, one in pairwise(chain):
        number, last = one.receipt.sequence, before.receipt.sequence
        if one.receipt.account != before.receipt.account:
            yield one.say("other_account")
        elif number <= last:
            yield one.say("order", before=last, number=number)
        elif number > last + 1:
            yield one.say("missing", count=number - last - 1, first=last + 1, last=number - 1)


def _of_accounts(placed: Sequence[_Placed]) -> Iterator[Finding]:
    """Each receipt follows the one before it in its account, whatever files they stand in."""
    by_account: dict[str, list[_Placed]] = {}
    for one in placed:
        by_account.setdefault(one.receipt.account, []).append(one)
    for chain in by_account.values():
        ordered = sorted(chain, key=lambda one: one.receipt.sequence)
        for before, one in pairwise(ordered):
            yield from _of_neighbours(before, one)


def _of_neighbours(before: _Placed, one: _Placed) -> Iterator[Finding]:
    last, number = before.receipt.sequence, one.receipt.sequence
    if number == last:
        if one.receipt.hash != before.receipt.hash:
            yield one.say("conflict", number=number)
    elif number == last + 1:
        if one.receipt.previous_hash != before.receipt.hash:
            yield one.say("link", before=last)
    elif one.file != before.file:
        yield one.say("gap", before=last, number=number)


def _decide_again(
    placed: Sequence[_Placed], published: Sequence[Published], wrong: set[tuple[str, int]]
) -> Iterator[Finding]:
    """Decide all once more, in the order of their chains: what came back reads what was sold before."""
    known, earlier = {each.hash: each for each in published}, Earlier()
    for one in sorted(placed, key=_in_order):
        is_wrong = (one.file, one.receipt.sequence) in wrong
        if not published:
            if not is_wrong:
                yield one.say("unasked")
        else:
            yield from _decide_one(one, known, earlier, is_wrong=is_wrong)
        with suppress(*UNREADABLE):
            earlier.remember(one.receipt)


def _in_order(one: _Placed) -> tuple[bool, str, int]:
    """A sale of nobody has a chain of its own until a member claims it: what stands there comes first."""
    own = one.receipt.is_nobodys
    return (not own, one.receipt.account, one.receipt.sequence)


def _decide_one(one: _Placed, known: Mapping[str, Published], earlier: Earlier, *, is_wrong: bool) -> Iterator[Finding]:
    version = known.get(one.receipt.version_hash)
    if version is None:
        yield _not_published(one, list(known.values()))
        return
    try:
        found = recompute(one.receipt, version, earlier)
    except FideliaError as refusal:
        yield one.say("undecidable", told=refusal.message)
        return
    for each in found.differences:
        yield one.say("differs", pointer=each.pointer, told=_short(each.told), found=_short(each.found))
    if found.missing == NO_BASKET:
        yield one.say("basket")
    elif found.missing == BETWEEN:
        yield one.say("between")
    elif found.missing is not None:
        yield one.say("needs", purchase=found.missing)
    elif not found.differences and not is_wrong:
        yield one.say("proved", points=one.receipt.decision["points"])


def _not_published(one: _Placed, published: Sequence[Published]) -> Finding:
    named, found = one.receipt.content["programme"].get("slug", ""), published[0]
    if found.slug and found.slug != named:
        return one.say("programme", programme=named, found=found.slug)
    number = one.receipt.content["version"].get("number")
    told = one.receipt.version_hash[:12]
    return one.say("version", number=number, programme=named, told=told, found=found.hash[:12])


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _CUT else f"{text[:_CUT]}…"
