"""Why a column chosen for what it seems may be another, or may hold something else. Knows no Django."""

from __future__ import annotations

from collections.abc import Iterator

from fidelia.kernel.localized import LocalizedText

from .doubts import because
from .likeness import RESEMBLING, SURE, likeness, words_of
from .profiles import Profile
from .targets import Column, Kind

_SHARES = {Kind.MOMENT: "moment", Kind.DAY: "moment", Kind.NUMBER: "number", Kind.MONEY: "number", Kind.EMAIL: "email"}
BEFORE_TAX = frozenset(("ht", "excl", "hors", "excluding", "exclusive", "netto"))
_RESEMBLES = because("The name only resembles it.", "Le nom ne fait qu’y ressembler.")
_BY_CELLS = because(
    "Its cells look like it; its name does not say so.", "Ses cellules y ressemblent ; son nom ne le dit pas."
)
_SENSITIVE = because(
    "This touches consent or something as sensitive: nothing is taken from it until you decide.",
    "Ceci touche au consentement ou à une donnée sensible : rien n’en est repris sans votre décision.",
)
_ROUNDED = because(
    "A spreadsheet has made rounded numbers of some codes, such as 3.01762E+12: their digits are lost.",
    "Un tableur a fait de codes des nombres arrondis, comme 3,01762E+12 : leurs chiffres sont perdus.",
)
_POINTED = because(
    "A program has made numbers of these codes: they end in .0, and other files may write them without.",
    "Un programme a fait de ces codes des nombres : ils finissent par .0, d’autres fichiers peut-être non.",
)
_REPEATED = because(
    "Another column of the file has the same name; this is the first of them.",
    "Une autre colonne du fichier porte le même nom ; celle-ci est la première.",
)
_HT = because(
    "The name says before tax; Fidelia counts what the customer pays, tax included.",
    "Le nom dit hors taxes ; Fidelia compte ce que le client paie, taxes comprises.",
)


def is_before_tax(profile: Profile) -> bool:
    """Say whether the name of a column of amounts says that no tax is in it."""
    return not BEFORE_TAX.isdisjoint(words_of(profile.name))


def reasons_to_doubt(
    column: Column, profile: Profile, confidence: float, *, is_taxed: bool = False
) -> Iterator[LocalizedText]:
    """Yield what a person should look at before this column is taken for that; `is_taxed` where a tax is added."""
    if confidence < SURE:
        yield _BY_CELLS if likeness(profile.name, column.synonyms) < RESEMBLING else _RESEMBLES
    if column.sensitive:
        yield _SENSITIVE
    share = profile.share(_SHARES[column.kind]) if column.kind in _SHARES and profile.values else 1.0
    if share < 1:
        yield because(
            "{share} of the cells looked at cannot be understood so.",
            "{share} des cellules regardées ne se comprennent pas ainsi.",
            share=f"{max(1, round(100 * (1 - share)))} %",
        )
    if profile.is_repeated:
        yield _REPEATED
    if column.kind is Kind.CODE and profile.share("rounded"):
        yield _ROUNDED
    if column.kind is Kind.CODE and profile.share("pointed") > 0.5:
        yield _POINTED
    if not is_taxed and column.kind is Kind.MONEY and is_before_tax(profile):
        yield _HT
