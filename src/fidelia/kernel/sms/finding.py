"""The gateway that the settings name: `http` with its declaration, `console`, or one that a package brings."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from .console_gateway import ConsoleGateway
from .http_gateway import MalformedDeclaration, declared
from .port import SmsGateway

GROUP = "fidelia.channels"


class BrokenGateway(ImproperlyConfigured):
    """The settings name a gateway of text messages that cannot be used; the message names the variable."""


def is_sms_open() -> bool:
    """Tell whether text messages can be sent from here."""
    return bool(settings.SMS_GATEWAY)


def find_gateway() -> SmsGateway | None:
    """Return the gateway in use; None where none is named. Raises BrokenGateway."""
    return _found(settings.SMS_GATEWAY, settings.SMS_TEMPLATE, settings.SMS_SECRET) if is_sms_open() else None


@lru_cache(maxsize=8)
def _found(name: str, template: str, secret: str) -> SmsGateway:
    if name == "http":
        return _of_file(template, secret)
    elif name == "console":
        return ConsoleGateway()
    return _of_package(name)


def _of_file(template: str, secret: str) -> SmsGateway:
    try:
        document = tomllib.loads(Path(template).read_text("utf-8"))
        return declared(document, secret=secret)
    except OSError as error:
        raise BrokenGateway(f"FIDELIA_SMS_TEMPLATE “{template}” cannot be read: {error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BrokenGateway(f"FIDELIA_SMS_TEMPLATE “{template}” is not TOML: {error}") from None
    except MalformedDeclaration as error:
        raise BrokenGateway(f"FIDELIA_SMS_TEMPLATE “{template}”: {error}") from None


def _of_package(name: str) -> SmsGateway:
    found = next(iter(entry_points(group=GROUP, name=name)), None)
    if found is None:
        raise BrokenGateway(f"FIDELIA_SMS is “{name}”: not http, not console, and no channel of an installed package.")
    try:
        gateway = found.load()()
    except Exception as error:
        raise BrokenGateway(f"FIDELIA_SMS: the channel “{name}” ({found.value}) does not load: {error}") from error
    if not isinstance(gateway, SmsGateway):
        raise BrokenGateway(f"FIDELIA_SMS: the channel “{name}” ({found.value}) is no gateway of text messages.")
    return gateway
