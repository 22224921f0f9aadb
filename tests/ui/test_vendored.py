"""What others made lies here as they published it, named with its licence; and every icon named is in the sprite."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

from fidelia.ui import icons

PACKAGE = Path(icons.__file__).parent.parent
STATIC = PACKAGE / "ui/static"
VENDORED = tomllib.loads((STATIC / "VENDORED.toml").read_text(encoding="utf-8"))["package"]
LICENCES = {"MIT", "Apache-2.0", "OFL-1.1"}
IN_TEMPLATES = re.compile(r'{% (?:icon|tile) "([a-z0-9-]+)"|icon_name="([a-z0-9-]+)"')


@pytest.mark.parametrize("package", VENDORED, ids=lambda package: package["name"])
def test_it_is_as_published(package):
    assert package["licence"] in LICENCES
    for name, expected in package["files"].items():
        content = (STATIC / name).read_bytes()
        assert expected in ("", hashlib.sha256(content).hexdigest())


def test_it_names_every_file_of_others():
    named = {name for package in VENDORED for name in package["files"]}
    others = {
        str(path.relative_to(STATIC)) for folder in ("ui/vendor", "ui/fonts") for path in (STATIC / folder).iterdir()
    }
    assert others <= named


def test_it_refuses_an_icon_that_the_sprite_lacks():
    with pytest.raises(icons.UnknownIcon):
        icons.require_icon("unicorn-head")


def test_it_has_every_icon_that_a_template_names():
    templates = list(PACKAGE.glob("*/templates/**/*.html"))
    named = {
        name for path in templates for pair in IN_TEMPLATES.findall(path.read_text("utf-8")) for name in pair if name
    }
    assert named - icons.icon_names() == set()


def test_it_uses_no_inline_script_style_or_handler():
    forbidden = re.compile(r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*\bsrc=)|hx-on|javascript:")
    offenders = [
        f"{path.name}: {line.strip()}"
        for path in PACKAGE.glob("*/templates/**/*.html")
        for line in path.read_text("utf-8").splitlines()
        if "templates/mail" not in str(path) and forbidden.search(line)
    ]
    assert offenders == []
