"""The components of the console as template tags: `{% load ui %}`. Each is shown on /console/settings/style/."""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Iterable, Sequence
from typing import Any

from django import template
from django.http import QueryDict
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from fidelia.ui import code as rule_text
from fidelia.ui.charts import Chart
from fidelia.ui.icons import require_icon
from fidelia.ui.marks import SPARK_HEIGHT, SPARK_WIDTH, initials_of, spark_points, tone_of
from fidelia.ui.parts import Chip, Definition, Figure, Page, Progress, Segment, Step, Tab, TimelineGroup, Tone

register = template.Library()

BREAKS = re.compile(r"[ \t\n-]")  # where a browser may begin a new line; not at the spaces inside a number
RUN_PLAIN, RUNS = 10, (13, 16, 20)  # letters; the sizes of each are in content.css

STATES: dict[str, tuple[Tone, str, Any]] = {
    "published": ("green", "check", _("Published")),
    "active": ("green", "check", _("Active")),
    "done": ("green", "check", _("Done")),
    "imported": ("green", "check", _("Imported")),
    "draft": ("amber", "pencil", _("Draft")),
    "waiting": ("amber", "clock", _("Awaiting approval")),
    "paused": ("amber", "player-pause", _("Paused")),
    "planned": ("blue", "clock", _("Planned")),
    "running": ("petrol", "loader-2", _("Running")),
    "failed": ("red", "alert-circle", _("Failed")),
    "refused": ("red", "x", _("Refused")),
    "stopped": ("grey", "player-stop", _("Stopped")),
    "ended": ("grey", "archive", _("Ended")),
    "withdrawn": ("grey", "archive", _("Withdrawn")),
}
NOTE_ICONS = {
    "green": "shield-check",
    "amber": "alert-triangle",
    "red": "alert-circle",
    "blue": "info-circle",
    "grey": "bulb",
}
CARD_OPTIONS = {"definition", "count", "count_tone", "sub", "aside", "link", "link_text", "bare", "id", "css"}
CONTROLS = {"select": "f-select", "selectmultiple": "f-select", "textarea": "f-area", "checkbox": "f-tick"}


# Marks


@register.simple_tag
def icon(name: str, size: int = 17, label: str = "", css: str = "") -> SafeString:
    """Draw an icon of the sprite. Without `label` it is decoration; `size` is 14, 16, 17, 18, 24 or 28."""
    classes = " ".join(filter(None, ["f-icon", f"f-icon-{size}" if size != 17 else "", css]))
    reader = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    href = f"{static('ui/icons.svg')}#{require_icon(name)}"
    return format_html('<svg class="{}" {} focusable="false"><use href="{}"></use></svg>', classes, reader, href)


@register.simple_tag
def badge(text: str, tone: Tone = "grey", icon_name: str = "") -> SafeString:
    """A word in a soft fill: `{% badge "Grand Cru" "copper" "award" %}`."""
    drawn = icon(icon_name, 14) if icon_name else ""
    return format_html('<span class="f-badge f-{}">{}{}</span>', tone, drawn, text)


@register.simple_tag
def tier_badge(name: str, rank: int) -> SafeString:
    """A tier by its rank from the top: 1 copper, 2 petrol, the others grey; always with its name."""
    return badge(name, {1: "copper", 2: "petrol"}.get(rank, "grey"), "award")  # type: ignore[arg-type]


@register.simple_tag
def stage_badge(name: str) -> SafeString:
    """A stage of the customer's lifecycle."""
    return badge(name, "violet")


@register.simple_tag
def state_badge(state: str, text: str = "") -> SafeString:
    """A state with its icon and word (see STATES); `text` replaces the word."""
    tone, icon_name, word = STATES[state]
    return badge(text or word, tone, icon_name)


@register.simple_tag
def count_badge(text: str | int, tone: Tone = "grey") -> SafeString:
    return format_html('<span class="f-badge f-badge-count f-{}">{}</span>', tone, text)


@register.simple_tag
def avatar(name: str, size: str = "") -> SafeString:
    """Initials in a disc; `size` is "", "small" or "large". The name itself must stand beside it."""
    size_class = f" f-avatar-{size}" if size else ""
    return format_html(
        '<span class="f-avatar{} f-{}" aria-hidden="true">{}</span>', size_class, tone_of(name), initials_of(name)
    )


@register.simple_tag
def tile(icon_name: str, tone: Tone = "petrol", size: str = "") -> SafeString:
    """An icon in a soft square, for findings and empty states."""
    large = size == "large"
    drawn = icon(icon_name, 24 if large else 16)
    return format_html('<span class="f-tile{} f-{}">{}</span>', " f-tile-large" if large else "", tone, drawn)


@register.simple_tag
def info(definition: Definition | None = None) -> SafeString:
    """The ⓘ beside a label and the panel it opens; nothing when there is no definition."""
    if not definition:
        return SafeString("")
    return render_to_string("ui/definition.html", {"definition": definition, "id": _new_id("about")})


@register.simple_tag
def bar(ratio: float, fill: str = "primary", inline: bool = False) -> SafeString:
    """One share as a bar; the number itself stands beside it."""
    return parts_bar([Segment(ratio, fill)], inline=inline)


@register.simple_tag
def parts_bar(segments: Sequence[Segment], inline: bool = False) -> SafeString:
    """Parts of a whole as one bar; `fill` is primary, success, danger, warning, context or step-3 … step-7."""
    starts = itertools.accumulate((segment.ratio for segment in segments), initial=0.0)
    drawn = format_html_join(
        "",
        '<rect class="f-fill-{}" x="{}%" width="{}%" height="8"></rect>',
        (
            (s.fill, f"{100 * at:.2f}", f"{100 * max(0.0, s.ratio):.2f}")
            for s, at in zip(segments, starts, strict=False)
        ),
    )
    return format_html('<svg class="f-bar{}" aria-hidden="true">{}</svg>', " f-bar-inline" if inline else "", drawn)


@register.simple_tag
def spark(values: Sequence[float], falling: bool = False) -> SafeString:
    """A spark line; `falling` (red) is for a real fall only, which the caller knows."""
    corners = spark_points(values)
    if not corners:
        return SafeString("")
    line = " ".join(f"{x},{y}" for x, y in corners)
    return format_html(
        '<svg class="f-spark{}" viewBox="-2 -2 {} {}" aria-hidden="true"><polyline points="{}"></polyline>'
        '<circle cx="{}" cy="{}" r="2"></circle></svg>',
        " f-spark-fall" if falling else "",
        SPARK_WIDTH + 4,
        SPARK_HEIGHT + 4,
        line,
        *corners[-1],
    )


@register.simple_tag
def rule_code(text: str, wrong_line: int = 0) -> SafeString:
    """Rule text with line numbers and colours; `wrong_line` marks where it stopped being understood."""
    return rule_text.render(text, wrong_line=wrong_line)


# Parts of pages


@register.inclusion_tag("ui/figures.html")
def figures(items: Sequence[Figure]) -> dict[str, Any]:
    """The strip of figures, at most five. Letters shrink with the room so that no number breaks: by the longest run
    of letters without a space that may break.
    """
    assert len(items) <= 5, "a strip holds at most five figures"
    longest = max((len(run) for one in items for run in BREAKS.split(f"{one.value}{one.unit}")), default=0)
    run = next((f"f-figures-{most}" for most in RUNS if RUN_PLAIN < longest <= most), "")
    return {"figures": items, "run": run}


@register.inclusion_tag("ui/tabs.html")
def tabs(items: Sequence[Tab], label: str) -> dict[str, Any]:
    """Tabs that are addresses. `label` names the row to screen readers."""
    return {"tabs": items, "label": label}


@register.inclusion_tag("ui/crumbs.html")
def crumbs(*links: Any) -> dict[str, Any]:
    """`{% crumbs "Customers" customers_url "Grand Cru at Lyon" list_url %}`: text and address by turns."""
    return {"crumbs": list(zip(links[::2], links[1::2], strict=True))}


@register.inclusion_tag("ui/chips.html")
def filter_chips(chips: Iterable[Chip], reset_url: str = "") -> dict[str, Any]:
    return {"chips": chips, "reset_url": reset_url}


@register.inclusion_tag("ui/timeline.html")
def timeline(groups: Sequence[TimelineGroup]) -> dict[str, Any]:
    return {"groups": groups}


@register.inclusion_tag("ui/pager.html")
def pager(page: Page) -> dict[str, Any]:
    """The foot of a table: which rows of how many, previous and next; never page numbers."""
    return {"page": page}


@register.inclusion_tag("ui/progress.html")
def progress(job: Progress) -> dict[str, Any]:
    """Long work: bar, count, pace, time left, pause and stop. It asks for itself again until it has ended."""
    return {"job": job, "percent": int(100 * job.ratio)}


@register.inclusion_tag("ui/steps.html")
def steps(items: Sequence[Step], label: str) -> dict[str, Any]:
    return {"steps": items, "label": label}


@register.inclusion_tag("ui/undo.html", takes_context=True)
def undo(context: template.Context, text: str, url: str, still: bool = False) -> dict[str, Any]:
    """What was done and *Undo* for ten seconds (Z). `still` keeps it in its place (style page)."""
    return {"text": text, "url": url, "still": still, "csrf_token": context.get("csrf_token")}


@register.inclusion_tag("ui/field.html")
def field(bound: Any, hint: str = "", plain: bool = False) -> dict[str, Any]:
    """One field of a form: label above, help, mistake at the field. `plain` leaves *(optional)* unsaid (filters)."""
    css = CONTROLS.get(bound.widget_type, "" if bound.use_fieldset else "f-input")
    return {
        "field": bound,
        "hint": hint,
        "plain": plain,
        "control": bound.as_widget(attrs={"class": css} if css else {}),
    }


@register.inclusion_tag("ui/mistakes.html")
def mistakes(form: Any) -> dict[str, Any]:
    """The list of mistakes at the top of a form; it takes focus."""
    wrong = [bound for bound in form if bound.errors]
    general = list(form.non_field_errors())
    return {"wrong": wrong, "general": general, "count": len(wrong) + len(general)}


@register.inclusion_tag("ui/sort.html", takes_context=True)
def sort_header(context: template.Context, text: str, key: str, numeric: bool = False) -> dict[str, Any]:
    """A sortable column head: `?sort=key` ascending, `?sort=-key` descending. The cursor is dropped."""
    query: QueryDict = context["request"].GET.copy()
    now = query.get("sort", "")
    query.pop("after", None)
    query.pop("before", None)
    query["sort"] = f"-{key}" if now != f"-{key}" else key
    direction = {key: "ascending", f"-{key}": "descending"}.get(now, "")
    return {"text": text, "url": f"?{query.urlencode()}", "direction": direction, "numeric": numeric}


@register.inclusion_tag("ui/chart.html")
def chart(drawing: Chart, name: str, size: str = "") -> dict[str, Any]:
    """A chart with legend, text alternative, table and export. `name` is its title; `size` is "", "small", "tall", or
    "wide" (on a phone it scrolls, as a waterfall with many words does).

    The page puts `{% chart_scripts %}` into its `scripts` block.
    """
    return {"chart": drawing, "name": name, "size": size, "id": _new_id("chart")}


@register.inclusion_tag("ui/chart_scripts.html")
def chart_scripts() -> dict[str, Any]:
    """ECharts and its drawing (368 kB compressed): only on pages with charts."""
    return {}


# Blocks


@register.simple_block_tag
def card(content: str, title: str = "", **options: Any) -> SafeString:
    """A card: `{% card title definition=… count=… link=… link_text=… %}…{% endcard %}`.

    Options: `definition` (ⓘ), `count` and `count_tone`, `sub` (a grey line), `aside` (text or marks at right), `link`
    and `link_text`, `bare` (content to the edge, for tables), `id`, `css`.
    """
    unknown = options.keys() - CARD_OPTIONS
    assert not unknown, f"a card has no option {unknown}"
    return render_to_string("ui/card.html", {**options, "content": content, "title": title})


@register.simple_block_tag
def note(content: str, tone: Tone = "blue", icon_name: str = "", title: str = "") -> SafeString:
    """A message in the page: what happened and what to do."""
    drawn = icon(icon_name or NOTE_ICONS.get(tone, "info-circle"), 18)
    heading = format_html('<p class="f-note-title">{}</p>', title) if title else ""
    return format_html('<div class="f-note f-{}">{}<div>{}{}</div></div>', tone, drawn, heading, content)


@register.simple_block_tag
def empty_state(content: str, kind: str, title: str, text: str, icon_name: str = "") -> SafeString:
    """Nothing to show, for a reason ("unused", "nothing-found", "not-allowed"); the content is the next step."""
    default, tone = {
        "unused": ("plus", "petrol"),
        "nothing-found": ("search-off", "grey"),
        "not-allowed": ("lock", "grey"),
    }[kind]
    values = {"content": content, "title": title, "text": text, "icon": icon_name or default, "tone": tone}
    return render_to_string("ui/empty.html", values)


@register.simple_block_tag
def dialog(content: str, id: str, title: str, wide: bool = False) -> SafeString:
    """A `<dialog>`, opened by `<button data-opens="id">`: consequences first, then a form whose button is the verb."""
    return render_to_string("ui/dialog.html", {"content": content, "id": id, "title": title, "wide": wide})


@register.simple_block_tag
def menu(
    content: str, text: str = "", icon_name: str = "", label: str = "", css: str = "f-btn f-btn-icon"
) -> SafeString:
    """A button that opens a menu; content is `<a class="f-pop-item">` and `<form><button class="f-pop-item">`."""
    values = {"content": content, "text": text, "icon": icon_name, "label": label, "css": css, "id": _new_id("menu")}
    return render_to_string("ui/menu.html", values)


def _new_id(prefix: str) -> str:
    """Return an id that no other component carries; random, since a fragment may come from another process."""
    return f"f-{prefix}-{secrets.token_hex(4)}"
