"""The ten RFM groups: which cell of recency score × frequency score belongs to which, and what they are called.

Source: the *Recency and Frequency Grid* that CleverTap publishes (docs.clevertap.com/docs/rfm), in the form in which
its 25 cells are commonly written out: every cell lies in exactly one group. The amount is shown beside the group and
does not choose it, as in the source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fidelia.kernel.localized import LocalizedText


@dataclass(frozen=True, slots=True)
class RfmSegment:
    """A group of customers by recency and frequency scores: its key, its name and what marks it."""

    key: str
    name: LocalizedText
    meaning: LocalizedText
    recency: tuple[int, ...]
    frequency: tuple[int, ...]

    def cells(self) -> list[tuple[int, int]]:
        """Return its (recency score, frequency score) pairs."""
        return [(recency, frequency) for recency in self.recency for frequency in self.frequency]


SEGMENTS: Final = (
    RfmSegment(
        "champions",
        LocalizedText(en="Champions", fr="Champions"),
        LocalizedText(en="bought very recently and most often", fr="achats très récents et les plus fréquents"),
        recency=(5,),
        frequency=(4, 5),
    ),
    RfmSegment(
        "loyal",
        LocalizedText(en="Loyal", fr="Fidèles"),
        LocalizedText(en="buy often, and bought fairly recently", fr="achats fréquents et assez récents"),
        recency=(3, 4),
        frequency=(4, 5),
    ),
    RfmSegment(
        "potential_loyal",
        LocalizedText(en="Potentially loyal", fr="Fidèles potentiels"),
        LocalizedText(en="bought recently, more than the newest", fr="achats récents, déjà répétés"),
        recency=(4, 5),
        frequency=(2, 3),
    ),
    RfmSegment(
        "new",
        LocalizedText(en="New", fr="Nouveaux"),
        LocalizedText(en="bought very recently, and seldom so far", fr="achat très récent, encore rare"),
        recency=(5,),
        frequency=(1,),
    ),
    RfmSegment(
        "promising",
        LocalizedText(en="Promising", fr="Prometteurs"),
        LocalizedText(en="bought recently, and seldom so far", fr="achat récent, encore rare"),
        recency=(4,),
        frequency=(1,),
    ),
    RfmSegment(
        "need_attention",
        LocalizedText(en="Need attention", fr="À suivre"),
        LocalizedText(en="in the middle of both scales", fr="au milieu des deux échelles"),
        recency=(3,),
        frequency=(3,),
    ),
    RfmSegment(
        "about_to_sleep",
        LocalizedText(en="About to sleep", fr="En train de s’endormir"),
        LocalizedText(en="bought seldom, and not recently", fr="achats rares, et qui datent"),
        recency=(3,),
        frequency=(1, 2),
    ),
    RfmSegment(
        "at_risk",
        LocalizedText(en="At risk", fr="À risque"),
        LocalizedText(en="bought rather often, but long ago", fr="achats assez fréquents, mais anciens"),
        recency=(1, 2),
        frequency=(3, 4),
    ),
    RfmSegment(
        "cannot_lose",
        LocalizedText(en="Cannot lose", fr="À ne pas perdre"),
        LocalizedText(en="bought most often, but long ago", fr="achats les plus fréquents, mais anciens"),
        recency=(1, 2),
        frequency=(5,),
    ),
    RfmSegment(
        "hibernating",
        LocalizedText(en="Hibernating", fr="En sommeil"),
        LocalizedText(en="bought seldom, and long ago", fr="achats rares et anciens"),
        recency=(1, 2),
        frequency=(1, 2),
    ),
)
SEGMENT_BY_KEY: Final = {segment.key: segment for segment in SEGMENTS}
CELLS: Final = {cell: segment.key for segment in SEGMENTS for cell in segment.cells()}
