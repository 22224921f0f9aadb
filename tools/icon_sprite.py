"""Put Tabler outline icons into the one SVG sprite of the console.

    npm pack @tabler/icons && tar xzf tabler-icons-*.tgz
    python tools/icon_sprite.py package/icons/outline users gift ...

Names already in the sprite stay; the file is sorted, so a change shows as the icons it adds.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

SPRITE = Path(__file__).resolve().parent.parent / "src/fidelia/ui/static/ui/icons.svg"
SYMBOL = re.compile(r'<symbol id="(?P<name>[a-z0-9-]+)" viewBox="0 0 24 24">(?P<body>.*?)</symbol>')
FRAME = '<path stroke="none" d="M0 0h24v24H0z" fill="none" />'


def main(folder: Path, names: list[str]) -> None:
    symbols = {found["name"]: found["body"] for found in SYMBOL.finditer(read_sprite())}
    symbols |= {name: body_of(folder / f"{name}.svg") for name in names}
    lines = [f'<symbol id="{name}" viewBox="0 0 24 24">{symbols[name]}</symbol>' for name in sorted(symbols)]
    SPRITE.write_text("\n".join(['<svg xmlns="http://www.w3.org/2000/svg">', *lines, "</svg>", ""]), encoding="utf-8")


def read_sprite() -> str:
    return SPRITE.read_text(encoding="utf-8") if SPRITE.exists() else ""


def body_of(icon: Path) -> str:
    text = icon.read_text(encoding="utf-8")
    inner = text[text.index(">") + 1 : text.rindex("</svg>")].replace(FRAME, "")
    return re.sub(r"\s*\n\s*", "", inner).replace(" />", "/>")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
