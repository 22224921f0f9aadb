"""Rule text for reading: numbered lines, with keys, strings, numbers and notes told apart. The text stays the text."""

from __future__ import annotations

import re

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

LINES_MAX = 2_000
_TOKEN = re.compile(
    r"""(?P<note>\#.*$)
      | (?P<string>"[^"]*"|'[^']*')
      | (?P<key>^\s*(?:-\s+)?[A-Za-z_][\w.-]*(?=:)|(?<=[{,]\s)[A-Za-z_]\w*(?=:))
      | (?P<number>(?<![\w.])-?\d[\d_]*(?:\.\d+)?(?![\w.]))
    """,
    re.VERBOSE,
)


def render(text: str, *, wrong_line: int = 0) -> SafeString:
    """Return the text as a `<pre>` of numbered, coloured lines (the first 2,000)."""
    lines = text.splitlines()[:LINES_MAX]
    drawn = "".join(_line(line, wrong=number == wrong_line) for number, line in enumerate(lines, start=1))
    return format_html('<pre class="f-code" tabindex="0"><code>{}</code></pre>', SafeString(drawn))


def _line(line: str, *, wrong: bool) -> str:
    parts: list[str] = []
    end = 0
    for token in _TOKEN.finditer(line):
        parts += [escape(line[end : token.start()]), _coloured(token)]
        end = token.end()
    parts.append(escape(line[end:]))
    return f'<span class="f-code-line"{" data-wrong" if wrong else ""}>{"".join(parts)}</span>'


def _coloured(token: re.Match[str]) -> str:
    return f'<span class="f-code-{token.lastgroup}">{escape(token.group())}</span>'
