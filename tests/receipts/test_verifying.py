"""Receipts of a history with everything in it: all are decided once more as told; what is tampered with is named."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from fidelia.activity.models import DecisionRecord
from fidelia.activity.queries.receipts import list_receipts, offline_catalogue
from fidelia.programme.models import ProgrammeVersion
from fidelia.rules import canonical_text, chain_text
from fidelia.rules.receipts import Published, Receipt, Verdict, chain_text_of, read_receipts, sealed, verify_receipts
from tests.cast import actor_with
from tests.insight.backtest.history import Shop

pytestmark = pytest.mark.django_db(transaction=True)
AUDITOR = actor_with("decision.see", "purchase.see", "programme.see", label="Rocco", number=5)


def chains() -> list[tuple[str, list[Receipt]]]:
    accounts = DecisionRecord.objects.order_by("account_id").values_list("account_id", flat=True).distinct()
    return [(str(one), read(list_receipts(by=AUDITOR, account_id=one))) for one in accounts]


def read(receipts: list[dict[str, Any]]) -> list[Receipt]:
    return read_receipts(chain_text_of(receipts))


def published(
    document: dict[str, Any] | None = None, slug: str = "cercle", traits: dict[str, str] | None = None
) -> Published:
    told = document or ProgrammeVersion.objects.filter(state="published").latest("number").document
    return Published.of(
        told, slug=slug, currency="EUR", points_scale=0, traits=traits or {}, make_catalogue=offline_catalogue
    )


def codes(verdict: Verdict) -> list[str]:
    return [each.code for each in verdict.findings if each.is_wrong]


def test_everything_of_a_history_comes_to_the_same_once_more() -> None:
    shop = Shop(7)
    shop.live(30)
    files = chains()
    verdict = verify_receipts(files, [published()])
    wrong = [(each.number, each.sentence("en")) for each in verdict.findings if each.is_wrong]
    assert wrong == [], wrong
    notes = {each.code for each in verdict.findings}
    assert verdict.receipts == DecisionRecord.objects.count() > 60
    assert (notes, verdict.proved) == ({"proved"}, verdict.receipts)


@pytest.fixture
def chain() -> list[dict[str, Any]]:
    """The longest chain of a short history, as JSON."""
    Shop(7).live(12)
    accounts = DecisionRecord.objects.order_by("-sequence").values_list("account_id", flat=True)
    found: list[dict[str, Any]] = json.loads(chain_text_of(list_receipts(by=AUDITOR, account_id=accounts[0])))[
        "receipts"
    ]
    assert len(found) > 4
    return found


def verify(receipts: list[dict[str, Any]], *, rules: bool = True) -> Verdict:
    return verify_receipts([("chain.json", read(receipts))], [published()] if rules else [])


def fields_of(value: Any, pointer: str = "") -> list[str]:
    if isinstance(value, dict) and value:
        return [each for name, inner in value.items() for each in fields_of(inner, f"{pointer}/{name}")]
    return [pointer]


def change(receipt: dict[str, Any], pointer: str) -> dict[str, Any]:
    """Write something else at a pointer, of the same kind, so that the file still reads."""
    changed = deepcopy(receipt)
    *path, last = pointer.removeprefix("/").split("/")
    inner = changed
    for name in path:
        inner = inner[name]
    was = inner[last]
    if isinstance(was, bool):
        inner[last] = not was
    elif isinstance(was, int):
        inner[last] = was + 1
    elif isinstance(was, str):
        inner[last] = "2026-01-01T00:00:00+00:00" if last == "occurred_at" else f"x{was[1:]}"
    else:
        inner[last] = ["x"] if isinstance(was, list) else {"x": 1}
    return changed


def test_each_field_that_is_changed_is_named(chain: list[dict[str, Any]]) -> None:
    for place in (0, 2):
        for pointer in fields_of(
            {name: v for name, v in chain[place].items() if name not in ("digests", "seal", "format")}
        ):
            receipts = [*chain[:place], change(chain[place], pointer), *chain[place + 1 :]]
            named = [
                each.details["pointer"] for each in verify(receipts).findings
                if each.code == "changed" and each.number == read(receipts)[place].sequence
            ]  # fmt: skip
            assert any(each == pointer or each.startswith(f"{pointer}/") for each in named), pointer


def reseal(receipt: dict[str, Any]) -> dict[str, Any]:
    """As a forger would who knows the format: make digests and seal anew."""
    return sealed({name: value for name, value in receipt.items() if name not in ("digests", "seal")})


def test_a_forger_who_seals_anew_is_met_by_the_hash(chain: list[dict[str, Any]]) -> None:
    forged = reseal(change(chain[1], "/decision/points"))
    assert codes(verify([chain[0], forged, *chain[2:]], rules=False)) == ["hash"]


def test_a_forger_who_hashes_anew_is_met_by_the_next_link_and_by_the_rules(chain: list[dict[str, Any]]) -> None:
    forged = change(chain[1], "/decision/points")
    forged["hash"] = chain_text(bytes.fromhex(forged["previous_hash"]), canonical_text(forged["decision"])).hex()
    verdict = verify([chain[0], reseal(forged), *chain[2:]])
    assert set(codes(verdict)) == {"link", "differs"}
    assert "/decision/points" in [each.details.get("pointer") for each in verdict.findings if each.code == "differs"]


def test_a_receipt_that_is_missing_is_named(chain: list[dict[str, Any]]) -> None:
    verdict = verify([chain[0], *chain[2:]], rules=False)
    (found,) = [each for each in verdict.findings if each.is_wrong]
    assert found.sentence("en") == "before it, 1 of the chain are missing: from 2 to 2."


def test_an_order_that_was_changed_is_named(chain: list[dict[str, Any]]) -> None:
    assert codes(verify([chain[1], chain[0], *chain[2:]], rules=False)) == ["order", "missing"]


def test_a_receipt_of_another_account_is_named(chain: list[dict[str, Any]]) -> None:
    other = DecisionRecord.objects.exclude(account_id=chain[0]["account"]).values_list("account_id", flat=True)[0]
    foreign = json.loads(json.dumps(list_receipts(by=AUDITOR, account_id=other)))[0]
    assert "other_account" in codes(verify([chain[0], foreign], rules=False))


def test_a_receipt_told_twice_with_two_contents_is_named(chain: list[dict[str, Any]]) -> None:
    twin = reseal({**change(chain[0], "/decision/points"), "hash": "00" * 32})
    files = [("a.json", read([chain[0]])), ("b.json", read([twin]))]
    assert codes(verify_receipts(files)) == ["hash", "conflict"]


def test_a_gap_between_files_is_told_and_no_fault(chain: list[dict[str, Any]]) -> None:
    verdict = verify_receipts([("a.json", read([chain[0]])), ("b.json", read([chain[2]]))], [published()])
    assert verdict.is_sound
    assert "gap" in {each.code for each in verdict.findings}


def test_another_version_and_another_programme_are_named(chain: list[dict[str, Any]]) -> None:
    document = deepcopy(ProgrammeVersion.objects.get().document)
    document["rules"][0]["points_per"]["points"] = "2"
    files = [("a.json", read(chain[:1]))]
    (one,) = verify_receipts(files, [published(document)]).findings
    assert one.code == "version"
    assert one.sentence("en").startswith("it was decided by version 1 of “cercle” (")
    (other,) = verify_receipts(files, [published(document, slug="club")]).findings
    assert other.sentence("fr") == "il relève du programme « cercle » ; le document donné est celui de « club »."
