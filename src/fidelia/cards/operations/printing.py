"""Cards as a PDF to print, of the size of a credit card (ISO/IEC 7810 ID-1): one to a page, or ten to a sheet."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import typst

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.localized import LocalizedText
from fidelia.organisation.queries import find_portal
from fidelia.programme.models import Programme
from fidelia.programme.queries.looks import find_look_by_slug
from fidelia.ui.codes import ean13_svg, is_ean13, qr_svg
from fidelia.ui.colors import WHITE, text_on

from ..errors import MalformedCardSeries
from ..models import Card
from ..queries.cards import get_card, show_number
from ..queries.series import get_card_series
from .audit import audit, scope_of

PRINTED_AT_ONCE_MAX: Final = 500
GROUND: Final = "#1F3D36"
LARGE_MAX: Final = 30  # characters of a name that stand on one line in large
_ISSUED = Card.State.ISSUED
_MEMBER = LocalizedText(en="Loyalty card", fr="Carte de fidélité")
_WAITS = LocalizedText(
    en="Show this card at each purchase. Register it at the till: your points wait for you.",
    fr="Présentez cette carte à chaque achat. Faites-la enregistrer en caisse : vos points vous attendent.",
)
_LAYOUT = """
#set document(title: {title}, author: {house})
#set text(font: ("Inter", "Liberation Sans", "DejaVu Sans"), lang: {language}, size: 8pt, fill: rgb("#18202a"))
#let card(number, shown, bars, square) = block(
  width: 85.6mm, height: 53.98mm, inset: 5mm, radius: 3.18mm, clip: true,
  fill: white, stroke: 0.25pt + rgb("#c9d0d9"),
)[
  #place(top + left, dx: -5mm, dy: -5mm, rect(width: 85.6mm, height: 13mm, fill: rgb({ground})))
  #place(top + left, dy: -4mm, box(height: 11mm, width: 75.6mm, align(left + horizon,
    grid(columns: {columns}, column-gutter: 3mm, align: horizon, {logo}
      text(size: {size}pt, weight: 700, fill: rgb({ink}))[#{house}]))))
  #place(top + left, dy: 10.5mm, text(size: 7pt, fill: rgb("#475261"))[#{kind}])
  #place(top + right, dy: 10.5mm, image(square, width: 20mm))
  #if bars != none {{ place(top + left, dy: 15mm, dx: -1mm, image(bars, width: 52mm, height: 11mm, fit: "stretch")) }}
  #let down = if bars != none {{ 27.5mm }} else {{ 20mm }}
  #place(top + left, dy: down, text(font: "DejaVu Sans Mono", size: 9pt)[#shown])
  #place(bottom + left, text(size: 6pt, fill: rgb("#475261"))[#{hint}])
]
"""
_SHEET = """
#set page(paper: "a4", margin: (x: 15.4mm, y: 11.5mm))
#grid(columns: (85.6mm, 85.6mm), column-gutter: 8mm, row-gutter: 1mm, {cards})
"""
_SINGLE = """
#set page(width: 85.6mm, height: 53.98mm, margin: 0mm)
{cards}
"""


@dataclass(frozen=True, slots=True)
class Print:
    """What stands on the cards: the programme's name, in one language; on a sheet, or one to a page.

    `ground` is the colour of the band with the name; `logo` a picture of the type `logo_type`, shown on it.
    """

    house: str
    language: str
    is_sheet: bool = True
    ground: str = GROUND
    logo: bytes = b""
    logo_type: str = ""


def print_series(*, by: Actor, at: datetime, series_id: UUID, language: str, is_sheet: bool, after: str = "") -> bytes:
    """Return the next cards of a series that are with nobody, at most 500, as a PDF. Raises Denied, UnknownCardSeries,
    MalformedCardSeries (there is none to print).
    """
    series = get_card_series(by=by, series_id=series_id)
    by.require("card.make")
    found = Card.objects.filter(series=series, state=_ISSUED, number__gt=after).order_by("number")
    numbers = list(found.values_list("number", flat=True)[:PRINTED_AT_ONCE_MAX])
    if not numbers:
        raise MalformedCardSeries("There is no card to print: make some first.")
    with transaction_of_use_case():
        audit(
            by, at, "card.make", series.id, scope=scope_of(Card(partner_id=series.partner_id)),
            after={"printed": len(numbers)}, noun="card_series",
        )  # fmt: skip
    return draw_pdf(numbers, _print_of(series.programme, language, is_sheet=is_sheet))


def print_card(*, by: Actor, card_id: UUID, language: str) -> bytes:
    """Return one card as a PDF of its own size. Raises Denied (card.see), UnknownCard."""
    card = get_card(by=by, card_id=card_id)
    return draw_pdf([card.number], _print_of(card.programme, language, is_sheet=False))


def _print_of(programme: Programme, language: str, *, is_sheet: bool) -> Print:
    """A programme's cards look as it does, else as the portal."""
    name, own, portal = programme.name.in_language(language), find_look_by_slug(programme.slug), find_portal()
    if own is not None:
        # On the band the logo for dark grounds stands where the band is one.
        is_dark = text_on(own.brand_color) == WHITE and own.dark_logo_type
        logo, kind = (own.dark_logo, own.dark_logo_type) if is_dark else (own.logo, own.logo_type)
        return Print(own.name or name, language, is_sheet, own.brand_color, bytes(logo), kind)
    return Print(name, language, is_sheet, portal.brand_color if portal is not None else GROUND)


def draw_pdf(numbers: Sequence[str], asked: Print) -> bytes:
    """Set the cards. The QR says the number alone, as any till reads it.

    A logo that browsers show and the typesetter cannot read is left out: a card without it is better than none.
    """
    try:
        return _set_pdf(numbers, asked)
    except typst.TypstError:
        if not asked.logo_type:
            raise
        return _set_pdf(numbers, replace(asked, logo=b"", logo_type=""))


def _set_pdf(numbers: Sequence[str], asked: Print) -> bytes:
    kind = asked.logo_type.rpartition("/")[2]
    said = {
        "ground": _text(asked.ground), "ink": _text(text_on(asked.ground)),
        "logo": f'image("logo.{kind}", height: 9mm),' if kind else "",
        "columns": "(auto, 1fr)" if kind else "(1fr,)", "size": 13 if len(asked.house) <= LARGE_MAX else 8,
        "title": _text(asked.house), "house": _text(asked.house), "language": _text(asked.language),
        "kind": _text(_MEMBER.in_language(asked.language)), "hint": _text(_WAITS.in_language(asked.language)),
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="fidelia-cards-") as folder:
        if kind:
            (Path(folder) / f"logo.{kind}").write_bytes(asked.logo)
        drawn = [_draw(Path(folder), place, number) for place, number in enumerate(numbers)]
        body = ", ".join(drawn) if asked.is_sheet else "\n#pagebreak()\n".join(f"#{one}" for one in drawn)
        page = (_SHEET if asked.is_sheet else _SINGLE).format(cards=body)
        # Rules of the page come first, or the first page would be of another size.
        rules, content = page.strip().split("\n", 1)
        source = Path(folder) / "cards.typ"
        source.write_text(f"{rules}\n{_LAYOUT.format(**said)}\n{content}\n", encoding="utf-8")
        return bytes(typst.compile(str(source)))


def _draw(folder: Path, place: int, number: str) -> str:
    square, bars = f"q{place}.svg", "none"
    (folder / square).write_text(qr_svg(number), encoding="utf-8")
    if is_ean13(number):
        (folder / f"e{place}.svg").write_text(ean13_svg(number), encoding="utf-8")
        bars = f'"e{place}.svg"'
    return f'card({_text(number)}, {_text(show_number(number))}, {bars}, "{square}")'


def _text(value: str) -> str:
    """Return a string literal of typst: as in JSON, but for the escape of what is beyond ASCII."""
    return json.dumps(value, ensure_ascii=False)
