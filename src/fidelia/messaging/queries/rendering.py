"""From a template version and its inputs to a subject, an HTML part and a plain-text part.

Liquid first, with limits and without files, then MJML to HTML, then styles inlined. Values are escaped for HTML unless
they go into the subject or the plain text. Nothing is fetched and nothing points outside: mrml would otherwise link a
font of Google into every message, which tells a third party who opened it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from html.parser import HTMLParser
from typing import Any

import css_inline
import mrml
from liquid import BoundTemplate, Environment, StrictUndefined
from liquid.exceptions import LiquidError

from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.sms import count_parts, plain_marks

from ..errors import MalformedTemplate

SOURCE_LENGTH_MAX = 100_000
SUBJECT_LENGTH_MAX = 200
SMS_PARTS_MAX = 6
_BREAKS = {"p", "div", "tr", "table", "br", "h1", "h2", "h3", "li", "ul", "ol", "hr"}
_SILENT = {"style", "script", "head", "title"}
# Not those that keep French marks and amounts on one line.
_SPACES = re.compile(r"[ \t\r\n\f\v]+")


@dataclass(frozen=True, slots=True)
class TemplateTexts:
    """The texts of a version, saved or not yet; without `plain` the plain-text part is derived from the body.

    Without `short` there is nothing to send as a text message.
    """

    subject: LocalizedText
    body: LocalizedText
    plain: LocalizedText | None = None
    short: LocalizedText | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message as it goes out."""

    subject: str
    html: str
    text: str


class _Limited(Environment):
    """Liquid for people who write templates: a loop, a text or a nesting past these limits ends the rendering."""

    loop_iteration_limit = 2_000
    output_stream_limit = 200_000
    local_namespace_limit = 50_000
    context_depth_limit = 20
    block_nesting_limit = 20


@cache
def _environment(*, escaping: bool) -> _Limited:
    return _Limited(autoescape=escaping, undefined=StrictUndefined)


def render(texts: TemplateTexts, language: str, variables: Mapping[str, Any]) -> Rendered:
    """Render in one language. Raises MalformedTemplate with a pointer to the text that is wrong."""
    subject = _liquid(texts.subject.in_language(language), variables, "/subject", escaping=False)
    mjml = _liquid(texts.body.in_language(language), variables, "/body", escaping=True)
    page = _page_of(mjml)
    if texts.plain is not None:
        text = _liquid(texts.plain.in_language(language), variables, "/plain", escaping=False)
    else:
        text = plain_text_of(page)
    return Rendered(_one_line(subject), page, text)


def render_short(texts: TemplateTexts, language: str, variables: Mapping[str, Any]) -> str:
    """Render what a text message says, with typewriter marks. Raises MalformedTemplate (/short): none, or too long."""
    if texts.short is None:
        raise MalformedTemplate("The template says nothing as a text message.", pointer="/short")
    filled = _liquid(texts.short.in_language(language), variables, "/short", escaping=False)
    said = plain_marks("\n".join(" ".join(line.split()) for line in filled.strip().splitlines()))
    if not said or count_parts(said).parts > SMS_PARTS_MAX:
        raise MalformedTemplate(f"A text message is one to {SMS_PARTS_MAX} parts long.", pointer="/short")
    return said


def plain_text_of(page: str) -> str:
    """Return what a page says without its looks: a line per block, addresses of links in parentheses."""
    reader = _TextReader()
    # Outlook's conditional comments repeat the layout, never the words.
    reader.feed(page)
    reader.close()
    lines = (_SPACES.sub(" ", line).strip(" ") for line in "".join(reader.parts).split("\n"))
    return "\n\n".join(line for line in lines if line) + "\n"


def _liquid(source: str, variables: Mapping[str, Any], pointer: str, *, escaping: bool) -> str:
    if len(source) > SOURCE_LENGTH_MAX:
        raise MalformedTemplate(f"A text has at most {SOURCE_LENGTH_MAX} characters.", pointer=pointer)
    try:
        return _parsed(source, escaping).render(**variables)
    except (LiquidError, RecursionError) as reason:
        raise MalformedTemplate(f"The text cannot be filled in: {reason}", pointer=pointer) from None


@lru_cache(maxsize=256)
def _parsed(source: str, escaping: bool) -> BoundTemplate:
    return _environment(escaping=escaping).from_string(source)


def _page_of(mjml: str) -> str:
    try:
        page = mrml.to_html(mjml, render_options=mrml.RenderOptions(fonts={}, disable_comments=True)).content
        return _inliner().inline(page)
    except (OSError, ValueError, css_inline.InlineError) as reason:
        raise MalformedTemplate(f"The body is not MJML: {reason}", pointer="/body") from None


@cache
def _inliner() -> css_inline.CSSInliner:
    # The styles for narrow screens cannot be inlined and must stay.
    return css_inline.CSSInliner(keep_style_tags=True, load_remote_stylesheets=False)


def _one_line(subject: str) -> str:
    line = _SPACES.sub(" ", subject).strip()
    if not line:
        raise MalformedTemplate("A subject is never empty.", pointer="/subject")
    return line if len(line) <= SUBJECT_LENGTH_MAX else f"{line[: SUBJECT_LENGTH_MAX - 1]}…"


class _TextReader(HTMLParser):
    """Collects the words of a page, a line break for each block, and the addresses of links."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.silent = 0
        self.hidden = 0
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag in _SILENT:
            self.silent += 1
        elif tag == "div" and (self.hidden or "display:none" in (found.get("style") or "").replace(" ", "")):
            self.hidden += 1  # the preview, which a list of messages shows: the page says it itself
        elif tag == "a":
            self.links.append(found.get("href") or "")
        elif tag in _BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent -= 1
        elif tag == "div" and self.hidden:
            self.hidden -= 1
        elif tag == "a" and self.links:
            address = self.links.pop()
            self.parts.append(f" ({address})" if address else "")
        elif tag in _BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.silent and not self.hidden:
            self.parts.append(data)


def examples_of(documented: Mapping[str, Any]) -> dict[str, Any]:
    """Return the example of each documented variable, as a preview fills it in."""
    return {name: entry["example"] for name, entry in documented.items()}
