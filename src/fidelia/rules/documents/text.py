"""Documents as people write them: YAML (JSON is YAML too), read without surprises, and where a refusal points in it.

Numbers with decimals and dates stay texts, as the documents of a programme want them, and so does what YAML 1.1 alone
takes for a number (010, 1:30). Anchors are refused, since a few of them can grow to gigabytes, and so are tags and
merges: a text says what stands in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import yaml

from fidelia.kernel.errors import FideliaError, Invalid
from fidelia.kernel.localized import LocalizedText

SIZE_MAX: Final = 200_000
_KEPT_AS_TEXT: Final = ("tag:yaml.org,2002:float", "tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:int")
_WHOLE: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,18})")  # 010 is no eight, 1:30 no ninety
# What the parser meets, and what it mostly is; where `is_opened`, it is said at the place where the part begins.
_SLIPS: Final = (
    ("mapping values are not allowed", "colon", False),
    ("could not find expected ':'", "no_colon", True),
    ("expected <block end>, but found '<scalar>'", "beside_quotes", False),
    ("expected <block end>", "indent", False),
    ("sequence entries are not allowed", "indent", False),
    ("expected ',' or", "bracket", True),
    ("found unexpected end of stream", "open_quote", True),
    ("that cannot start any token", "sign", False),
    ("found unknown escape character", "escape", False),
)
_UNFIT: Final = re.compile("[\x00\ud800-\udfff]")  # what no database keeps as text
WHY: Final = {
    "syntax": LocalizedText("This text is not YAML.", "Ce texte n’est pas du YAML."),
    "colon": LocalizedText(
        "This text is not YAML: a “:” stands within a text, which wants quotation marks around it, or the line is "
        "indented otherwise than its neighbours, or the “:” before has no blank after it.",
        "Ce texte n’est pas du YAML : un « : » est dans un texte, à mettre entre guillemets droits, ou la ligne n’a "
        "pas le retrait de ses voisines, ou le « : » d’avant n’est pas suivi d’un espace.",
    ),
    "no_colon": LocalizedText(
        "This text is not YAML: the name on this line wants a “:” and a blank after it.",
        "Ce texte n’est pas du YAML : le nom sur cette ligne doit être suivi d’un « : » et d’un espace.",
    ),
    "indent": LocalizedText(
        "This text is not YAML: the line is indented otherwise than the lines it belongs to.",
        "Ce texte n’est pas du YAML : la ligne n’a pas le même retrait que celles dont elle fait partie.",
    ),
    "beside_quotes": LocalizedText(
        "This text is not YAML: words stand beside a text in quotation marks; put the whole between single ones: "
        "'…', and double those within.",
        "Ce texte n’est pas du YAML : des mots suivent un texte entre guillemets ; mettez le tout entre apostrophes "
        "'…', et doublez celles du dedans.",
    ),
    "bracket": LocalizedText(
        "This text is not YAML: the bracket opened here is not closed, a comma is missing in it, or a quotation mark "
        "stands within a text.",
        "Ce texte n’est pas du YAML : le crochet ou l’accolade ouvert ici n’est pas fermé, il y manque une virgule, ou "
        "un guillemet ou une apostrophe est dans un texte.",
    ),
    "open_quote": LocalizedText(
        "This text is not YAML: the quotation mark opened here is not closed.",
        "Ce texte n’est pas du YAML : le guillemet ouvert ici n’est pas fermé.",
    ),
    "sign": LocalizedText(
        "This text is not YAML: a text that begins with this sign wants quotation marks around it.",
        "Ce texte n’est pas du YAML : un texte qui commence par ce signe se met entre guillemets droits.",
    ),
    "escape": LocalizedText(
        "This text is not YAML: a backslash means something within double quotation marks; write single ones: '…'.",
        "Ce texte n’est pas du YAML : la barre oblique inverse a un sens entre guillemets ; écrivez des apostrophes : "
        "'…'.",
    ),
    "too_long": LocalizedText(
        "The text is too long: {length} characters of {length_max}.",
        "Le texte est trop long : {length} caractères, {length_max} au plus.",
    ),
    "too_deep": LocalizedText("Parts lie too deep within parts.", "Trop de parties l’une dans l’autre."),
    "alias": LocalizedText(
        "Anchors and aliases (& and *) are not read: write the part out.",
        "Les ancres et les alias (& et *) ne sont pas lus\u00a0: écrivez la partie en entier.",
    ),
    "merge": LocalizedText(
        "A merge (<<) is not read: write the parts out.",
        "Une fusion (<<) n’est pas lue\u00a0: écrivez les parties en entier.",
    ),
    "tag": LocalizedText(
        "Tags (!) are not read: put a text that begins with ! in quotation marks.",
        "Les étiquettes (!) ne sont pas lues : mettez entre guillemets droits un texte qui commence par !.",
    ),
    "tab": LocalizedText(
        "A tab stands here: indent with blanks.", "Une tabulation est ici\u00a0: mettez des espaces en retrait."
    ),
    "several": LocalizedText(
        "A second document begins here: a file holds one.",
        "Un second document commence ici\u00a0: un fichier en contient un seul.",
    ),
    "name": LocalizedText("The name of a part is a text.", "Le nom d’une partie est un texte."),
    "character": LocalizedText(
        "Here is a character that no text may hold.", "Voici un caractère qu’aucun texte ne peut contenir."
    ),
}


def _with_values(text: str, values: dict[str, str], language: str) -> str:
    if language.startswith("fr"):
        values = {name: value.replace(",", "\u202f") for name, value in values.items()}
    return text.format(**values) if values else text


class UnreadableText(Invalid):
    """The text is not YAML.

    `line` and `column` count from 1.
    """

    default_code = "unreadable_text"

    def sentence(self, language: str) -> str:
        """Return in a language what is the matter, without its place."""
        told = self.details
        values = {str(name): f"{told[name]:,}" for name in ("length", "length_max") if name in told}
        return _with_values(WHY[told["why"]].in_language(language), values, language)


class NameTwice(UnreadableText):
    """One name stands twice in the same part of the text: only one of the two would count, and nobody would know."""

    default_code = "name_twice"

    def sentence(self, language: str) -> str:
        """Return in a language which name it is, without its place."""
        if language.startswith("fr"):
            return f"«\u00a0{self.details['name']}\u00a0» est écrit ici deux fois."
        return self.message


class _Unread(yaml.MarkedYAMLError):
    """What YAML allows and no document of ours does; `why` is a key of WHY."""

    def __init__(self, why: str, mark: yaml.Mark) -> None:
        super().__init__(problem=why, problem_mark=mark)
        self.why = why


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in _KEPT_AS_TEXT]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _Unread("alias", event.start_mark)
        if getattr(event, "tag", None) is not None:
            raise _Unread("tag", event.start_mark)
        return super().compose_node(parent, index)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        found = super().construct_object(node, deep=deep)
        if isinstance(found, str) and _UNFIT.search(found):
            raise _Unread("character", node.start_mark)
        return found

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names: set[str] = set()
        for key, _value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:null":
                raise _Unread("name", key.start_mark)
            if key.tag == "tag:yaml.org,2002:merge":
                raise _Unread("merge", key.start_mark)
            if key.value in names:
                raise NameTwice(
                    f"“{key.value}” stands here twice.",
                    line=key.start_mark.line + 1,
                    column=key.start_mark.column + 1,
                    name=str(key.value),
                )
            names.add(key.value)
        return super().construct_mapping(node, deep=deep)


_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(f"^(?:{_WHOLE.pattern})$"), list("-+0123456789"))


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, so that a long condition stays readable."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        return super().increase_indent(flow, False)


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a text; both count from 1."""

    line: int
    column: int


def write_text(value: Any, *, in_one_line: bool = False) -> str:
    """Return the value as YAML, in the order of its keys; `in_one_line` writes {a: 1} and [1, 2]."""
    width, flow = (100_000, True) if in_one_line else (110, False)
    text: str = yaml.dump(
        value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=width, default_flow_style=flow
    )
    return text


def compose(text: str) -> yaml.Node | None:
    """Return the tree of a readable text, each part with where it begins and ends."""
    node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    return node


def read_text(text: str) -> Any:
    """Return the value that a YAML or JSON text holds. Raises UnreadableText, NameTwice."""
    if len(text) > SIZE_MAX:
        told = _with_values(WHY["too_long"].en, {"length": f"{len(text):,}", "length_max": f"{SIZE_MAX:,}"}, "en")
        raise UnreadableText(told, line=1, column=1, why="too_long", length=len(text), length_max=SIZE_MAX)
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 – a safe loader that knows fewer kinds still
    except yaml.MarkedYAMLError as error:
        why, mark = _why(error, text)
        raise _unreadable(why, Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)) from None
    except yaml.reader.ReaderError as error:
        raise _unreadable("character", _place_at(text, error.position)) from None
    except RecursionError:
        raise _unreadable("too_deep", Place(1, 1)) from None
    except (yaml.YAMLError, ValueError):
        raise _unreadable("syntax", Place(1, 1)) from None


def _why(error: yaml.MarkedYAMLError, text: str) -> tuple[str, yaml.Mark | None]:
    """Return what is the matter, as a key of WHY, and where it is told."""
    mark = error.problem_mark or error.context_mark
    if isinstance(error, _Unread):
        return error.why, mark
    if isinstance(error, yaml.composer.ComposerError) and "single document" in str(error.context):
        return "several", mark
    if mark is not None and text[mark.index : mark.index + 1] == "\t":
        return "tab", mark
    for met, why, is_opened in _SLIPS:
        if met in str(error.problem):
            return why, (error.context_mark or mark) if is_opened else mark
    return "syntax", mark


def _unreadable(why: str, place: Place) -> UnreadableText:
    return UnreadableText(WHY[why].en, line=place.line, column=place.column, why=why)


def _place_at(text: str, index: int) -> Place:
    before = text[:index]
    return Place(before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1)


def place_of(text: str, error: FideliaError) -> Place | None:
    """Return where in a readable text a refusal points: by its JSON pointer, then by line and column within a rule."""
    if isinstance(error, UnreadableText):
        return Place(error.details["line"], error.details["column"])
    if error.pointer is None:
        return None
    try:
        node = _node_at(compose(text), error.pointer)
    except yaml.YAMLError:
        return None
    if node is None:  # there is nothing in the text: its beginning is the place
        return Place(1, 1)
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    if not isinstance(node, yaml.ScalarNode) or "line" not in error.details:
        return Place(line, column)
    return _within_scalar(text, node, error.details["line"], error.details["column"])


def missing_part(text: str, pointer: str) -> str:
    """Return the name of the part that a JSON pointer leads to and a readable text lacks, "" where it has it."""
    try:
        node = compose(text)
    except (yaml.YAMLError, RecursionError):
        return ""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        node = _child(node, key)
        if node is None:
            return "" if key.isdigit() else key
    return ""


def _node_at(node: yaml.Node | None, pointer: str) -> yaml.Node | None:
    """Follow a JSON pointer; where it leads on to what is missing, the nearest part that is there."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        found = _child(node, key)
        if found is None:
            return node
        node = found
    return node


def _child(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        return next((value for name, value in node.value if name.value == key), None)
    if isinstance(node, yaml.SequenceNode) and key.isdigit() and int(key) < len(node.value):
        child: yaml.Node = node.value[int(key)]
        return child
    return None


def _within_scalar(text: str, node: yaml.ScalarNode, line: int, column: int) -> Place:
    begun = node.start_mark
    if node.style in ("|", ">"):
        written = text.splitlines()
        at = begun.line + line
        indent = len(re.match(" *", written[at]).group()) if at < len(written) else 0  # type: ignore[union-attr]
        return Place(at + 1, indent + column)
    quote = 1 if node.style in ("'", '"') else 0
    first = begun.column + quote if line == 1 else 0
    return Place(begun.line + line, first + column)
