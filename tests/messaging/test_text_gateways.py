"""The port of text messages: one contract for every gateway, a declaration that is checked, values that stay values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fidelia.kernel.sms import BrokenGateway, Inbound, Receipt, Sms, SmsLater, SmsRefused, SmsUnavailable, find_gateway
from fidelia.kernel.sms.console_gateway import ConsoleGateway
from fidelia.kernel.sms.contract import TEXTS, check_gateway
from fidelia.kernel.sms.http_gateway import HttpGateway, MalformedDeclaration, declared
from fidelia.worker.doctor.application import look_at_texts
from tests.serving import free_port

from .text_provider import TextProvider

FLORESTAN, NOBODY = "+33612345678", "+33600000000"


def gateway_of(texts: TextProvider) -> Any:
    gateway = find_gateway()
    assert isinstance(gateway, HttpGateway)
    return gateway


def other(**changes: Any) -> dict[str, Any]:
    return {"url": "http://127.0.0.1:9/", "body": {"to": "{to}", "text": "{text}"}, **changes}


def test_the_gateway_by_http_keeps_the_contract(texts: TextProvider) -> None:
    texts.answers[NOBODY] = (422, {"error": {"code": "unknown_number"}})
    shut = declared(other(url=f"http://127.0.0.1:{free_port()}/"), secret="")
    check_gateway(gateway_of(texts), reachable=FLORESTAN, refused=NOBODY, unreachable=shut)
    assert [one["text"] for one in texts.taken[: len(TEXTS)]] == list(TEXTS)


def test_the_gateway_of_the_console_keeps_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    check_gateway(ConsoleGateway(), reachable=FLORESTAN)
    assert "SMS to +33612345678 (1 × gsm7): a\n" in capsys.readouterr().err


def test_the_provider_is_asked_as_declared(texts: TextProvider) -> None:
    handed = gateway_of(texts).send(Sms(FLORESTAN, 'à “vous”", "to": "+1', "r/1"))
    assert handed.provider_id == "p-1"
    assert texts.taken == [
        {
            "to": FLORESTAN,
            "from": "Fidelio",
            "text": 'à “vous”", "to": "+1',
            "options": {"reference": "r/1", "unicode": True, "tags": ["loyalty", "33612345678"]},
            "path": "/v1/r%2F1/send",
            "authorization": "Bearer key-42",
        }
    ]


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_form_takes_a_text_that_looks_like_another_field(texts: TextProvider, method: str) -> None:
    gateway = declared(
        other(url=f"http://127.0.0.1:{texts.port}/send", method=method, format="form",
              headers={"Authorization": "Basic {secret_base64}"}),
        secret="user:pass",
    )  # fmt: skip
    gateway.send(Sms(FLORESTAN, "1&to=+339 %20 é {to} {secret}", "r"))
    (taken,) = texts.taken
    assert (taken["to"], taken["text"]) == (FLORESTAN, "1&to=+339 %20 é {to} {secret}")
    assert taken["authorization"] == "Basic dXNlcjpwYXNz"


@pytest.mark.parametrize(
    ("answer", "refusal", "reason", "is_dead"),
    [
        ((400, "bad"), SmsRefused, "sms_http_400", False),
        ((422, {"error": {"code": "unknown_number"}}), SmsRefused, "sms_http_422", True),
        ((200, {"error": {"code": "unknown_number"}}), SmsRefused, "sms_http_200", True),
        ((429, ""), SmsLater, "sms_http_429", False),
        ((401, ""), SmsUnavailable, "sms_http_401", False),
        ((402, "no credit"), SmsUnavailable, "sms_http_402", False),
        ((503, ""), SmsUnavailable, "sms_http_503", False),
        ((302, ""), SmsRefused, "sms_http_302", False),
    ],
)
def test_an_answer_is_for_good_for_now_or_about_ourselves(
    texts: TextProvider, answer: Any, refusal: type[Exception], reason: str, is_dead: bool
) -> None:
    texts.answers[FLORESTAN] = answer
    with pytest.raises(refusal) as refused:
        gateway_of(texts).send(Sms(FLORESTAN, "a", "r"))
    assert type(refused.value) is refusal
    assert refused.value.reason == reason  # type: ignore[attr-defined]
    assert getattr(refused.value, "number_is_dead", False) is is_dead
    assert len(texts.taken) == 1, "a redirection is not followed, with the secret, to somebody else"


def test_what_the_provider_calls_back_with_is_read_as_declared(texts: TextProvider) -> None:
    gateway = gateway_of(texts)
    assert gateway.read_inbound({"msisdn": 33612345678, "message": "STOP"}) == Inbound("33612345678", "STOP")
    assert gateway.read_inbound({"message": "STOP"}) is None
    assert gateway.read_receipt({"id": "p-1", "status": "DELIVRD"}) == Receipt("p-1", True, "DELIVRD")
    assert gateway.read_receipt({"id": "p-1", "status": "UNDELIV", "reason": "absent"}) == Receipt(
        "p-1", False, "absent"
    )
    assert gateway.read_receipt({"id": "p-1", "status": "ACCEPTD"}) == Receipt("p-1", None, "ACCEPTD")
    assert gateway.read_receipt({"status": "DELIVRD"}) is None


@pytest.mark.parametrize(
    ("document", "secret", "words"),
    [
        ({}, "", "url:"),
        (other(url="ftp://example.com/"), "", "url:"),
        (other(method="DELETE"), "", "method:"),
        (other(format="xml"), "", "format:"),
        (other(headers={"X": "a\r\nY: b"}), "", "headers:"),
        (other(body={"to": "{to}"}), "", "{text}"),
        (other(body={"text": "{text}"}), "", "{to}"),
        (other(body={"to": "{to}", "text": "{text}", "x": "{key}"}), "", "{key}"),
        (other(headers={"A": "{secret}"}), "", "FIDELIA_SMS_SECRET"),
        (other(heads={}), "", "heads"),
        (other(body=[]), "", "body:"),
        (other(answer={"name": "a"}), "", "name"),
    ],
)
def test_a_declaration_that_cannot_be_used_is_refused_by_name(document: Any, secret: str, words: str) -> None:
    with pytest.raises(MalformedDeclaration) as refused:
        declared(document, secret=secret)
    assert words in str(refused.value)


def test_the_doctor_says_what_is_configured_and_what_is_wrong(
    texts: TextProvider, settings: Any, tmp_path: Path
) -> None:
    assert look_at_texts().sentence == "Text messages go to 127.0.0.1 by POST."
    settings.SMS_CALLBACK_SECRET = ""
    assert "nobody can tell us STOP" in look_at_texts().sentence
    settings.SMS_TEMPLATE = str(tmp_path / "nowhere.toml")
    assert look_at_texts().is_wrong
    broken = tmp_path / "broken.toml"
    broken.write_text("url = ", encoding="utf-8")
    settings.SMS_TEMPLATE = str(broken)
    with pytest.raises(BrokenGateway, match="not TOML"):
        find_gateway()
    settings.SMS_GATEWAY = "acme"
    with pytest.raises(BrokenGateway, match="no channel of an installed package"):
        find_gateway()
    settings.SMS_GATEWAY = ""
    assert find_gateway() is None
    assert "No gateway of text messages is named" in look_at_texts().sentence
