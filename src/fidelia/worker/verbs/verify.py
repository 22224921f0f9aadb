"""`fidelia verify FILE… [--programme FILE]`: receipts decided once more, without a database, by the same engine."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fidelia.kernel.errors import Invalid
from fidelia.worker.readiness import django_offline
from fidelia.worker.reading import read_text_of

if TYPE_CHECKING:
    from fidelia.rules.receipts import Finding, Published, Receipt, Verdict

HELP = "verify receipts off line: their seals, their chain, and by the published document what they come to"
WRONG = 2
FILES_MAX = 10_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="a receipt, or a file of several")
    parser.add_argument(
        "--programme", type=Path, action="append", default=[], metavar="FILE",
        help="the document of a version, as `fidelia programme export --version N` writes it; may be repeated",
    )  # fmt: skip
    parser.add_argument("--quiet", action="store_true", help="name only what is wrong")
    parser.add_argument("--language", choices=("en", "fr"), default="en")


def run(arguments: argparse.Namespace) -> int:
    """Exit code 0: all is as told; 2: something is not; 1: a file cannot be read."""
    django_offline()
    from fidelia.rules.receipts import read_receipts, verify_receipts

    if len(arguments.files) > FILES_MAX:
        raise Invalid(f"At most {FILES_MAX} files are verified together.")
    files = []
    for path in arguments.files:
        try:
            files.append((str(path), read_receipts(read_text_of(path))))
        except Invalid as refusal:
            raise Invalid(f"{path}: {refusal.message}") from None
    every = [receipt for _name, receipts in files for receipt in receipts]
    published = [_published(path, every) for path in arguments.programme]
    verdict = verify_receipts(files, published)
    _print(verdict, arguments.language, quiet=arguments.quiet)
    return 0 if verdict.is_sound else WRONG


def _published(path: Path, receipts: Sequence[Receipt]) -> Published:
    """Compile the document; what it does not say itself (its head may be left out), the receipts say."""
    from fidelia.activity.queries.receipts import offline_catalogue
    from fidelia.programme.operations.texts import read_programme_text
    from fidelia.rules.receipts import Published, hash_of_document

    read = read_programme_text(read_text_of(path))
    own = [each for each in receipts if each.version_hash == hash_of_document(read.document)]
    told = own[0].content["programme"] if own else {}
    head = read.head or {**told, "slug": ""}
    traits: dict[str, str] = {}
    for each in own:
        traits |= _texts(each.content.get("traits"))
    try:
        return Published.of(
            read.document, slug=read.slug, currency=str(head.get("currency", "EUR")),
            points_scale=int((head.get("points") or {}).get("scale", 0)), traits=traits,
            make_catalogue=offline_catalogue,
        )  # fmt: skip
    except Invalid as refusal:
        raise Invalid(f"{path}: {refusal.message}") from None


def _texts(told: object) -> dict[str, str]:
    return {str(name): str(kind) for name, kind in told.items()} if isinstance(told, Mapping) else {}


def _print(verdict: Verdict, language: str, *, quiet: bool) -> None:
    for finding in verdict.findings:
        if finding.is_wrong or not quiet:
            stream = sys.stderr if finding.is_wrong else sys.stdout
            print(_line(finding, language), file=stream)
    wrong = len({(each.file, each.number) for each in verdict.findings if each.is_wrong})
    said = {
        "en": "Receipts: {all}. Decided once more as told: {proved}. Not as told: {wrong}.",
        "fr": "Justificatifs\u00a0: {all}. Redécidés comme annoncé\u00a0: {proved}. Non conformes\u00a0: {wrong}.",
    }[language]
    print(said.format(all=verdict.receipts, proved=verdict.proved, wrong=wrong))


def _line(finding: Finding, language: str) -> str:
    return f"{finding.file}: {'n°' if language == 'fr' else 'number'} {finding.number}: {finding.sentence(language)}"
