"""`make messages`: the French catalog, put together from one part per module, and compiled.

Usage: python tools/messages.py [--check] [--quiet]

Each `src/fidelia/locale/<language>/parts/*.po` holds entries without a header. They become
`LC_MESSAGES/django.po` and `django.mo`, which are not committed: several people never edit one file. With `--check`
the command fails when a text of the source has no translation, or when a French one could
break before its colon. Babel does the work; no gettext program is needed.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "fidelia"
LOCALE = PACKAGE / "locale"
KEYWORDS: dict[str, Any] = {
    "_": None,
    "_t": None,
    "_lazy": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
# Django turns a template into calls between blanks; a string is 'so' or "so", with escapes.
TEXT = r"""u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
CALL = re.compile(rf"\b(_|gettext|ngettext|pgettext|npgettext)\({TEXT}(?:,\s*{TEXT})?(?:,\s*{TEXT})?")
TORN = re.compile(r" [:;?!»]|« ")  # French sets these off by a space that must not break
Key = tuple[str, str | None]


def main(arguments: list[str]) -> int:
    """Build every language; with `--check` look for what is not translated. Return the exit code."""
    problems: list[str] = []
    for language in sorted(path.parent.name for path in LOCALE.glob("*/parts")):
        catalog, conflicts = merge_parts(language)
        problems += conflicts
        write_catalog(catalog, LOCALE / language / "LC_MESSAGES")
        if "--check" in arguments:
            problems += list_missing(catalog, language) + list_breaking_spaces(catalog, language)
        if "--quiet" not in arguments:
            print(f"{language}: {len(catalog)} messages")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def merge_parts(language: str) -> tuple[Catalog, list[str]]:
    """Return the catalog of all parts, and a sentence for each message that two parts translate in two ways."""
    merged = Catalog(locale=language, project="Fidelia", fuzzy=False, charset="utf-8")
    origin: dict[Key, Path] = {}
    conflicts = []
    for path in sorted((LOCALE / language / "parts").glob("*.po")):
        with path.open("rb") as file:
            part = read_po(file, locale=language, abort_invalid=True)
        for message in part:
            if not message.id or not message.string:
                continue
            key = key_of(message)
            known = merged.get(message.id, message.context)
            if known is None:
                merged.add(message.id, message.string, flags=message.flags - {"fuzzy"}, context=message.context)
                origin[key] = path
            elif known.string != message.string:
                conflicts.append(f"“{key[0]}” is translated in two ways, in {origin[key].name} and in {path.name}.")
    return merged, conflicts


def write_catalog(catalog: Catalog, folder: Path) -> None:
    """Write django.po and django.mo; each appears in one step, because a running server may read it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, write in (("django.po", _write_po), ("django.mo", write_mo)):
        draft = folder / f"{name}.draft"
        with draft.open("wb") as file:
            write(file, catalog)
        draft.replace(folder / name)


def _write_po(file: Any, catalog: Catalog) -> None:
    write_po(file, catalog, omit_header=False, width=120)


def list_missing(catalog: Catalog, language: str) -> list[str]:
    """Return a sentence for each text of the source that has no translation."""
    known = {key_of(message) for message in catalog if message.id}
    missing = []
    for path in sorted([*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.html"), *PACKAGE.rglob("*.txt")]):
        for key in sorted(set(read_texts(path)) - known, key=str):
            missing.append(f"{path.relative_to(ROOT)}: “{key[0]}” has no translation into {language}.")
    return missing


def list_breaking_spaces(catalog: Catalog, language: str) -> list[str]:
    """Return a sentence for each French translation whose « or : ; ? ! » could be torn from its word."""
    if language != "fr":
        return []
    texts = ((message.id, part) for message in catalog if message.id for part in _as_tuple(message.string))
    return [
        f"“{key}”: its French has a plain space beside : ; ? ! « or ». Write U+00A0."
        for key, part in texts
        if TORN.search(part)
    ]


def _as_tuple(string: str | tuple[str, ...]) -> tuple[str, ...]:
    return (string,) if isinstance(string, str) else tuple(string)


def read_texts(path: Path) -> Iterator[Key]:
    """Return the texts that a file gives to be translated."""
    if path.suffix == ".py":
        for _line, text, _comments, context in extract_from_file("python", path, keywords=KEYWORDS):
            yield (text[0] if isinstance(text, tuple) else text), context
    elif "templates" in path.parts:
        yield from read_template(path.read_text(encoding="utf-8"))


def read_template(source: str) -> Iterator[Key]:
    """Return the texts of a template, read as Django itself reads them."""
    from django.conf import settings
    from django.utils.translation.template import templatize

    if not settings.configured:
        settings.configure(USE_I18N=True)
    for call in CALL.finditer(templatize(source)):
        texts = [ast.literal_eval(text) for text in call.groups()[1:] if text]
        if call.group(1) in ("pgettext", "npgettext"):
            yield texts[1], texts[0]
        else:
            yield texts[0], None


def key_of(message: Any) -> Key:
    """Return what tells a message from the others."""
    text = message.id[0] if isinstance(message.id, (tuple, list)) else message.id
    return text, message.context


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
