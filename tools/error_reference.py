"""Write docs/reference/errors.md from the classes of the refusals: run it after adding one."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fidelia.config.settings")
    import django

    django.setup()
    from django.urls import get_resolver

    from fidelia.api.codes import errors_markdown

    _ = get_resolver().url_patterns  # loads every face, and with it every refusal
    target = ROOT / "docs" / "reference" / "errors.md"
    target.write_text(errors_markdown(), encoding="utf-8")
    print(f"{target.relative_to(ROOT)} is written.")


if __name__ == "__main__":
    main()
