"""A gateway that is any provider's HTTP interface, declared in a file: where to post, with which headers and body.

Placeholders stand in the texts of the declaration: {to}, {to_digits} (without +), {text}, {sender}, {reference},
{secret}, {secret_base64}. Each is filled in as a value, never as part of the form's or the JSON's own writing: no text
can add a field. The secret comes from the environment and is never in the file.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from .port import Handed, Inbound, Receipt, Sms, SmsLater, SmsRefused, SmsUnavailable

TIMEOUT_SECONDS = 20
ANSWER_BYTES_MAX = 65_536
PLACEHOLDERS = ("to", "to_digits", "text", "sender", "reference", "secret", "secret_base64")
_HOLE = re.compile(r"\{([a-z0-9_]+)\}")
_KNOWN = {
    "": ("url", "method", "format", "sender", "stop_notice", "headers", "body", "answer", "inbound", "receipts"),
    "answer": ("id", "error", "dead"),
    "inbound": ("from", "text"),
    "receipts": ("id", "state", "delivered", "failed", "detail"),
}
# Who we are, or what we may, is not settled by sending another text: everything waits until a person mends it.
_NOT_LET_IN = {401, 402, 403, 407}


class MalformedDeclaration(ValueError):
    """The declaration of a gateway cannot be used; the message says which member and why."""


@dataclass(frozen=True, slots=True)
class HttpGateway:
    """One provider as its declaration says; made by `declared`."""

    url: str
    method: str
    format: str
    sender: str
    secret: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    answer: Mapping[str, Any] = field(default_factory=dict)
    inbound: Mapping[str, Any] = field(default_factory=dict)
    receipts: Mapping[str, Any] = field(default_factory=dict)
    stop_notice: str = ""

    def send(self, sms: Sms) -> Handed:
        status, said, text = _ask(self._request(self._values(sms)))
        if 200 <= status < 300 and not self._is_dead(said):
            return Handed(str(_at(said, self.answer.get("id", "")) or "")[:200])
        detail = f"{status} {text}".strip()
        if status in _NOT_LET_IN or status >= 500:
            raise SmsUnavailable(f"sms_http_{status}", detail)
        if status in (408, 409, 425, 429):
            raise SmsLater(f"sms_http_{status}", detail)
        raise SmsRefused(f"sms_http_{status}", detail, number_is_dead=self._is_dead(said))

    def read_inbound(self, told: Mapping[str, Any]) -> Inbound | None:
        sender, text = _at(told, self.inbound.get("from", "")), _at(told, self.inbound.get("text", ""))
        return Inbound(str(sender), str(text)) if sender and text is not None else None

    def read_receipt(self, told: Mapping[str, Any]) -> Receipt | None:
        name, state = _at(told, self.receipts.get("id", "")), _at(told, self.receipts.get("state", ""))
        if not name or state is None:
            return None
        arrived = str(state) in map(str, self.receipts.get("delivered", ()))
        failed = str(state) in map(str, self.receipts.get("failed", ()))
        detail = str(_at(told, self.receipts.get("detail", "")) or state)
        return Receipt(str(name), True if arrived else False if failed else None, detail)

    def describe(self) -> str:
        return f"{urlsplit(self.url).hostname} by {self.method}"

    def _values(self, sms: Sms) -> dict[str, str]:
        return {
            "to": sms.to, "to_digits": sms.to.lstrip("+"), "text": sms.text, "sender": self.sender,
            "reference": sms.reference, "secret": self.secret,
            "secret_base64": base64.b64encode(self.secret.encode()).decode(),
        }  # fmt: skip

    def _request(self, values: Mapping[str, str]) -> urllib.request.Request:
        body, headers = _filled(self.body, values), {name: _fill(text, values) for name, text in self.headers.items()}
        url = _HOLE.sub(lambda hole: quote(values[hole[1]], safe=""), self.url)
        data: bytes | None = None
        if self.method == "GET":
            url += ("&" if "?" in url else "?") + urlencode(body, doseq=True) if body else ""
        elif self.format == "json":
            data, headers = (
                json.dumps(body, ensure_ascii=False).encode(),
                {"Content-Type": "application/json"} | headers,
            )
        else:
            form = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
            data, headers = urlencode(body, doseq=True).encode(), form | headers
        return urllib.request.Request(url, data, {"Accept": "application/json", **headers}, method=self.method)  # noqa: S310

    def _is_dead(self, said: Any) -> bool:
        code = _at(said, self.answer.get("error", ""))
        return code is not None and str(code) in map(str, self.answer.get("dead", ()))


def declared(document: Mapping[str, Any], *, secret: str) -> HttpGateway:
    """Return the gateway that a declaration describes. Raises MalformedDeclaration."""
    _check_names(document)
    url, method = document.get("url"), document.get("method", "POST")
    if not isinstance(url, str) or urlsplit(url).scheme not in ("https", "http") or not urlsplit(url).hostname:
        raise MalformedDeclaration("url: write where the provider is asked, beginning with https://")
    if method not in ("POST", "PUT", "GET"):
        raise MalformedDeclaration("method: one of POST, PUT, GET")
    if document.get("format", "json") not in ("json", "form"):
        raise MalformedDeclaration("format: json or form")
    headers = document.get("headers", {})
    if not all(isinstance(text, str) and "\n" not in text and "\r" not in text for text in headers.values()):
        raise MalformedDeclaration("headers: one line of text each")
    _check_holes([url, *headers.values(), document.get("body", {})], secret)
    return HttpGateway(
        url=url, method=method, format=document.get("format", "json"), sender=str(document.get("sender", "")),
        secret=secret, headers=headers, body=document.get("body", {}), answer=document.get("answer", {}),
        inbound=document.get("inbound", {}), receipts=document.get("receipts", {}),
        stop_notice=str(document.get("stop_notice", "")),
    )  # fmt: skip


def _check_names(document: Mapping[str, Any]) -> None:
    for table in ("headers", "body", *filter(None, _KNOWN)):
        if not isinstance(document.get(table, {}), dict):
            raise MalformedDeclaration(f"{table}: a table, [{table}]")
    for table, known in _KNOWN.items():
        unknown = sorted(set(document.get(table, {}) if table else document) - set(known))
        if unknown:
            raise MalformedDeclaration(f"{table or 'file'}: “{unknown[0]}” is none of {', '.join(known)}")


def _check_holes(parts: list[Any], secret: str) -> None:
    used = {hole for text in _texts_in(parts) for hole in _HOLE.findall(text)}
    unknown = sorted(used - set(PLACEHOLDERS))
    if unknown:
        raise MalformedDeclaration(f"{{{unknown[0]}}} is none of {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}")
    if not used & {"to", "to_digits"} or "text" not in used:
        raise MalformedDeclaration("the request names neither {to} or {to_digits} nor {text}, or only one of them")
    if used & {"secret", "secret_base64"} and not secret:
        raise MalformedDeclaration("the request names {secret}, and FIDELIA_SMS_SECRET is empty")


def _texts_in(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    elif isinstance(value, dict):
        return [text for each in value.values() for text in _texts_in(each)]
    elif isinstance(value, list):
        return [text for each in value for text in _texts_in(each)]
    return []


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _fill(value, values)
    elif isinstance(value, dict):
        return {name: _filled(each, values) for name, each in value.items()}
    elif isinstance(value, list):
        return [_filled(each, values) for each in value]
    return value


def _fill(text: str, values: Mapping[str, str]) -> str:
    return _HOLE.sub(lambda hole: values[hole[1]], text)


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follow nobody elsewhere: the secret was meant for one host."""

    def redirect_request(self, *_asked: Any) -> None:
        return None


def _ask(request: urllib.request.Request) -> tuple[int, Any, str]:
    """Return the status, the answer as JSON (None if it is none) and its first words. Raises SmsUnavailable."""
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=TIMEOUT_SECONDS) as answer:
            status, raw = int(answer.status), answer.read(ANSWER_BYTES_MAX)
    except urllib.error.HTTPError as refusal:
        status, raw = refusal.code, _rest_of(refusal)
    except (OSError, http.client.HTTPException, ValueError) as failure:
        raise SmsUnavailable("sms_unreachable", f"{type(failure).__name__}: {failure}") from None
    text = raw.decode("utf-8", "replace")
    try:
        return status, json.loads(text), " ".join(text.split())
    except ValueError:
        return status, None, " ".join(text.split())


def _rest_of(refusal: urllib.error.HTTPError) -> bytes:
    try:
        return refusal.read(ANSWER_BYTES_MAX)
    except (OSError, http.client.HTTPException):
        return b""


def _at(value: Any, path: str) -> Any:
    """Return what stands at a path such as messages.0.id; None where nothing does."""
    for step in path.split(".") if path else ():
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value if path and not isinstance(value, Mapping | list) else None
