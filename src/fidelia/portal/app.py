"""What makes the pages an app: manifest, icons in the brand's colours, colours as a style sheet, the service worker."""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from fidelia.organisation.models import MemberPortal

from .door import open_to_all

SIZES = (180, 192, 512)
A_DAY = "public, max-age=86400"
SHORT_NAME_MAX = 12
WORKER = Path(__file__).parent / "static/portal/worker.js"


@require_safe
@open_to_all
def manifest(request: HttpRequest, brand: MemberPortal) -> HttpResponseBase:
    icons = [
        {"src": reverse("portal:icon", args=[size]), "sizes": f"{size}x{size}", "type": "image/png",
         "purpose": purpose}
        for size in SIZES[1:]
        for purpose in ("any", "maskable")
    ]  # fmt: skip
    facts = {
        "id": "/", "name": brand.name, "short_name": brand.name[:SHORT_NAME_MAX].strip(), "start_url": "/",
        "scope": "/", "display": "standalone", "orientation": "portrait", "lang": get_language() or "fr",
        "background_color": brand.paper_color, "theme_color": brand.brand_color, "icons": icons,
        "shortcuts": [{"name": _t("My card"), "url": reverse("portal:card")}],
    }  # fmt: skip
    response = JsonResponse(facts, content_type="application/manifest+json")
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
@open_to_all
def worker(request: HttpRequest, brand: MemberPortal) -> HttpResponseBase:
    """The service worker, at the root because it serves the whole of the portal; the script itself names no page of
    the console, the till or the API, and leaves them alone.
    """
    kept = [reverse("portal:theme"), static("portal/portal.css"), static("portal/portal.js"), static("ui/icons.svg")]
    script = WORKER.read_text(encoding="utf-8").replace('"KEPT"', ", ".join(f'"{one}"' for one in kept))
    response = HttpResponse(script, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
@open_to_all
def theme(request: HttpRequest, brand: MemberPortal) -> HttpResponseBase:
    """The brand's colours, as the style sheet of the portal takes them."""
    colors = (("brand", brand.brand_color), ("accent", brand.accent_color), ("paper", brand.paper_color))
    text = ":root{" + "".join(f"--{name}:{color};" for name, color in colors) + "}\n"
    response = HttpResponse(text, content_type="text/css; charset=utf-8")
    response["Cache-Control"] = A_DAY if "v" in request.GET else "no-cache"
    return response


@require_safe
@open_to_all
def logo(request: HttpRequest, brand: MemberPortal) -> HttpResponseBase:
    if not brand.logo:
        raise Http404
    response = HttpResponse(bytes(brand.logo), content_type=brand.logo_type)
    response["Cache-Control"] = A_DAY
    return response


@require_safe
@open_to_all
def icon(request: HttpRequest, brand: MemberPortal, size: int) -> HttpResponseBase:
    """A card in the brand's colours: drawn here, for an icon must be square and whole at its edges."""
    if size not in SIZES:
        raise Http404
    response = HttpResponse(draw_icon(size, brand.brand_color, brand.accent_color), content_type="image/png")
    response["Cache-Control"] = A_DAY
    return response


@lru_cache(maxsize=16)
def draw_icon(size: int, brand: str, accent: str) -> bytes:
    """Return a PNG: the brand's colour with a white card on it, a stripe of the accent across."""
    ground, stripe, white = _rgb(brand), _rgb(accent), b"\xff\xff\xff"
    left, right = size * 22 // 100, size * 78 // 100
    top, bottom = size * 31 // 100, size * 69 // 100
    radius = size * 5 // 100
    rows = []
    for y in range(size):
        inset = _inset(min(y - top, bottom - 1 - y), radius) if top <= y < bottom else 0
        if top <= y < bottom:
            colour = stripe if size * 39 // 100 <= y < size * 46 // 100 else white
            inside = (right - inset) - (left + inset)
            row = ground * (left + inset) + colour * inside + ground * (size - right + inset)
        else:
            row = ground * size
        rows.append(b"\x00" + row)
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _inset(from_edge: int, radius: int) -> int:
    """Return how far a round corner is from the side, so many rows from the edge."""
    if from_edge >= radius:
        return 0
    down = radius - from_edge
    return radius - int((radius * radius - down * down) ** 0.5)


def _rgb(color: str) -> bytes:
    return bytes.fromhex(color[1:])


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
