"""Which numbers of a page have no definition: figures, charts, and columns of numbers without their ⓘ."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

EMPTY = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "use", "wbr", "path"}


@dataclass
class Part:
    """An element with what is in it."""

    tag: str
    classes: set[str] = field(default_factory=set)
    inside: list[Part] = field(default_factory=list)
    said: str = ""

    def each(self) -> Iterator[Part]:
        for one in self.inside:
            yield one
            yield from one.each()

    def of(self, name: str) -> list[Part]:
        return [one for one in self.each() if name in one.classes or one.tag == name]

    @property
    def text(self) -> str:
        """Its words, without marks for screen readers apart."""
        return " ".join([self.said, *(one.text for one in self.inside)]).strip()


class Tree(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.open = [Part("page")]
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        one = Part(tag, set((dict(attrs).get("class") or "").split()))
        self.open[-1].inside.append(one)
        if tag not in EMPTY:
            self.open.append(one)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].inside.append(Part(tag))

    def handle_endtag(self, tag: str) -> None:
        if any(one.tag == tag for one in self.open[1:]):
            while self.open.pop().tag != tag:
                pass

    def handle_data(self, data: str) -> None:
        self.open[-1].said += data.strip()


def undefined(html: str, tells_all: Callable[[str], bool] = lambda _title: False) -> tuple[list[str], int]:
    """What of a page has no definition, and how many figures, charts and columns were looked at.

    `tells_all`: whether the definition of a chart or table of this title says what its columns are.
    """
    page = Tree(html).open[0]
    found, seen = [], 0
    for figure in page.of("f-figure"):
        seen += 1
        if not figure.of("f-info"):
            found.append(f"figure: {figure.of('f-figure-label')[0].text}")
    for card in page.of("f-card"):
        if "f-figures" in card.classes:
            continue
        title = next((one.text for one in card.of("f-card-title")), "a card without a title")
        of_charts = [one for chart in card.of("f-chart") for one in chart.each()]
        columns = [one for one in card.of("th") if "f-n" in one.classes and not any(one is it for it in of_charts)]
        columns = [one for one in columns if one.text and not one.of("f-hidden")]
        if not columns and not card.of("f-chart"):
            continue
        seen += len(columns) + len(card.of("f-chart"))
        told = {one.text for panel in card.of("f-definition") for one in panel.of("dt")}
        if not card.of("f-info"):
            found.append(f"card: {title}")
        elif not tells_all(title):
            found += [f"column of “{title}”: {one.text}" for one in columns if one.text not in told]
    return found, seen
