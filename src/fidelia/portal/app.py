"""What makes the pages an app: manifest, icons in the brand's colours, colours as a style sheet, the service worker."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
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
from fidelia.programme.models import ProgrammeLook
from fidelia.programme.queries.looks import find_look_by_slug
from fidelia.ui.colors import dark_look, light_look

from .brand import Brand, dressed, portals_own
from .door import open_to_all

SIZES = (180, 192, 512)
A_DAY = "public, max-age=86400"
SHORT_NAME_MAX = 12
WORKER = Path(__file__).parent / "static/portal/worker.js"


@require_safe
@open_to_all
def manifest(request: HttpRequest, brand: MemberPortal) -> HttpResponseBase:
    own = brand_asked_for(request, brand)
    icons = [
        {"src": f"{reverse('portal:icon', args=[size])}?{own.asked}", "sizes": f"{size}x{size}", "type": "image/png",
         "purpose": purpose}
        for size in SIZES[1:]
        for purpose in ("any", "maskable")
    ]  # fmt: skip
    facts = {
        "id": "/", "name": own.name, "short_name": own.name[:SHORT_NAME_MAX].strip(), "start_url": "/",
        "scope": "/", "display": "standalone", "orientation": "portrait", "lang": get_language() or "fr",
        "background_color": own.paper_color, "theme_color": own.brand_color, "icons": icons,
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
    """The brand's colours and those computed from them, in light and in dark; a card is shown to scanners in light."""
    own = brand_asked_for(request, brand)
    colors = (own.brand_color, own.accent_color, own.paper_color)
    light, dark = _rules(light_look(*colors)), _rules(dark_look(*colors))
    text = f":root,.m-full{{{light}}}\n@media(prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
    response = HttpResponse(text, content_type="text/css; charset=utf-8")
    response["Cache-Control"] = A_DAY if "v" in request.GET else "no-cache"
    return response


@require_safe
@open_to_all
def logo(request: HttpRequest, brand: MemberPortal) -> HttpResponseBase:
    """The picture alone: of the type that it was read to be when it was kept, and nothing a browser would run."""
    look = _look_asked_for(request) or brand
    is_dark = request.GET.get("ground") == "dark" and look.dark_logo_type
    content, kind = (look.dark_logo, look.dark_logo_type) if is_dark else (look.logo, look.logo_type)
    if not kind:
        raise Http404
    response = HttpResponse(bytes(content), content_type=kind)
    response["Cache-Control"] = A_DAY
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@require_safe
@open_to_all
def icon(request: HttpRequest, brand: MemberPortal, size: int) -> HttpResponseBase:
    """A card in the brand's colours: drawn here, for an icon must be square and whole at its edges."""
    if size not in SIZES:
        raise Http404
    own = brand_asked_for(request, brand)
    response = HttpResponse(draw_icon(size, own.brand_color, own.accent_color), content_type="image/png")
    response["Cache-Control"] = A_DAY
    return response


def brand_asked_for(request: HttpRequest, portal: MemberPortal) -> Brand:
    """Return the brand of the programme that the address names, or the portal's: that there is one is no secret."""
    look = _look_asked_for(request)
    if look is None:
        return portals_own(portal)
    programme = look.programme
    return dressed(portal, look, programme.slug, look.name or programme.name.in_language(get_language() or "fr"))


def _look_asked_for(request: HttpRequest) -> ProgrammeLook | None:
    slug = request.GET.get("programme", "")
    return find_look_by_slug(slug) if slug else None


def _rules(colors: Mapping[str, str]) -> str:
    return "".join(f"--{name.replace('_', '-')}:{color};" for name, color in colors.items())


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
