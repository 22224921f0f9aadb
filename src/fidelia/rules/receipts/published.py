"""The published document of a programme, compiled to decide receipts once more without its database."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fidelia.kernel.money import exponent_of

from ..catalogue import Catalogue
from ..decision import canonical_text
from ..document import parse_rule_set
from ..paying import PayPolicy
from ..rule_set import RuleSet
from ..terms import parse_points_policy

RULE_PARTS = ("format", "groups", "campaigns", "rules", "checkout")
MakeCatalogue = Callable[[str, Mapping[str, str]], Catalogue]


def hash_of_document(document: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a version's document, however its text is laid out: of its canonical JSON."""
    return hashlib.sha256(canonical_text(document).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Published:
    """A version as an auditor has it. `slug` is empty where the file has no head."""

    hash: str
    slug: str
    rule_set: RuleSet
    pays: PayPolicy | None

    @classmethod
    def of(
        cls,
        document: Mapping[str, Any],
        *,
        slug: str,
        currency: str,
        points_scale: int,
        traits: Mapping[str, str],
        make_catalogue: MakeCatalogue,
    ) -> Published:
        """Compile a document. `traits` are the types of those that its rules read. Raises what its parts raise."""
        rules = {part: document[part] for part in RULE_PARTS if part in document}
        rule_set = parse_rule_set(rules, make_catalogue(currency, traits), points_scale=points_scale)
        points = parse_points_policy(document.get("points"), points_scale, exponent_of(currency))
        return cls(hash_of_document(document), slug, rule_set, points.pays)
