"""The contract of the port `fidelia.channels`, as a test that every package runs against its own gateway.

from fidelia.kernel.sms.contract import check_gateway

def test_my_gateway_keeps_the_contract() -> None:
    check_gateway(AcmeTexts(), reachable="+33600000001", refused="+33600000002", unreachable=AcmeTexts(port=1))
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .port import Handed, Sms, SmsGateway, SmsLater, SmsRefused, SmsUnavailable

# What a text may be: one letter, both alphabets, signs that break a form or a JSON that is put together as text.
TEXTS = ("a", "Code : 123 456 €", "Ô “x” & y=1\n{to} %41 \\ <b>", "é" * 459, "🎁" * 40)
NOISE: tuple[Mapping[str, Any], ...] = ({}, {"a": 1}, {"from": None}, {"id": [], "text": {}}, {"messages": [{}]})


def check_gateway(
    gateway: SmsGateway, *, reachable: str, refused: str = "", unreachable: SmsGateway | None = None
) -> None:
    """Assert all that Fidelia relies on; of `refused` and `unreachable`, where given, the kind of the refusal."""
    assert isinstance(gateway, SmsGateway), "it has every member of the port"
    assert isinstance(gateway.stop_notice, str), "how offers are stopped is a text"
    assert gateway.describe().strip(), "people read where texts go"
    for number, text in enumerate(TEXTS):
        handed = gateway.send(Sms(reachable, text, f"contract-{number}"))
        assert isinstance(handed, Handed), "what was taken gives Handed"
        assert len(handed.provider_id) <= 200, "a name has 200 characters at most"
    for told in NOISE:
        gateway.read_inbound(told)
        receipt = gateway.read_receipt(told)
        assert receipt is None or receipt.is_delivered in (True, False, None), "a report says one of three things"
    if refused:
        _check_refusal(gateway, refused)
    if unreachable is not None:
        _check_unavailable(unreachable, reachable)


def _check_refusal(gateway: SmsGateway, number: str) -> None:
    try:
        gateway.send(Sms(number, "a", "contract-refused"))
    except SmsRefused as refusal:
        _check_reason(refusal.reason)
    except SmsLater:
        raise AssertionError("a number that is refused for good raises SmsRefused") from None
    else:
        raise AssertionError("a number that is refused for good raises SmsRefused")


def _check_unavailable(gateway: SmsGateway, number: str) -> None:
    try:
        gateway.send(Sms(number, "a", "contract-unreachable"))
    except SmsUnavailable as failure:
        _check_reason(failure.reason)
    else:
        raise AssertionError("a gateway that does not answer raises SmsUnavailable")


def _check_reason(reason: str) -> None:
    assert 0 < len(reason) <= 40, "a reason is a short code"
