"""What rules may read of a customer, declared once for Python and SQL.

The SQL columns are those of a relation named `customer`: `segment_relation` for a segment, activity's own for history.
It has the columns read here and `moment`, the instant at which dated things must hold.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from fidelia.kernel.localized import LocalizedText as Text
from fidelia.rules import Catalogue, Field, Type
from fidelia.rules.control import FIELD as PLACE
from fidelia.rules.control import NOBODY, PLACES, place_of

from .models import TraitDefinition

TRAIT_NUMBER_MAX = 10**12
CUSTOM = "custom."
TRAIT = "trait."
KINDS = {"person": Text("a person", "un particulier"), "company": Text("a company", "une entreprise")}
LANGUAGES = {"fr": Text("French", "le français"), "en": Text("English", "l’anglais")}
TRAIT_TYPES = {"number": Type.INT, "text": Type.STRING, "flag": Type.BOOL, "day": Type.DATE}

OWN_FIELDS = (
    Field(
        "customer.kind",
        Type.STRING,
        Text("Kind", "Nature"),
        "customer.kind",
        doc="A person or a company.",
        choices=KINDS,
        words=Text("the kind of customer", "la nature du client"),
    ),
    Field(
        "customer.country",
        Type.STRING,
        Text("Country", "Pays"),
        "customer.country",
        doc="The ISO 3166 code of the country, such as FR; empty where unknown.",
        words=Text("the country", "le pays"),
    ),
    Field(
        "customer.language",
        Type.STRING,
        Text("Language", "Langue"),
        "customer.language",
        doc="The language the customer is written to in.",
        choices=LANGUAGES,
        words=Text("the language", "la langue"),
    ),
    Field(
        "customer.source",
        Type.STRING,
        Text("Source", "Origine"),
        "customer.source",
        doc="How the customer came into the file: till, web, import, contest…",
        words=Text("the source", "l’origine"),
    ),
    Field(
        "customer.acquired_on",
        Type.DATE,
        Text("Customer since", "Client depuis le"),
        "customer.acquired_on",
        doc="The day (UTC) on which the customer came into the file.",
        words=Text("the day of acquisition", "le jour de recrutement"),
    ),
    Field(
        "customer.birth_month",
        Type.INT,
        Text("Month of birth", "Mois de naissance"),
        "customer.birth_month",
        doc="1 for January to 12 for December; absent where the birth date is unknown.",
        optional=True,
        low=1,
        high=12,
        words=Text("the month of birth", "le mois de naissance"),
    ),
    Field(
        "customer.age",
        Type.INT,
        Text("Age", "Âge"),
        "customer.age",
        doc="Full years of age; absent where the birth date is unknown.",
        optional=True,
        low=0,
        high=150,
        words=Text("the age", "l’âge"),
    ),
)
SEGMENTS_FIELD = Field(
    "customer.segments",
    Type.STRING,
    Text("Segments", "Segments"),
    """array(
        select s.key::text from customers_segment_membership m join customers_segment s on s.id = m.segment_id
        where m.customer_id = customer.id and m.valid_from <= customer.moment
            and (m.valid_until is null or m.valid_until > customer.moment))""",
    doc="The keys of the segments the customer is in.",
    many=True,
    words=Text("the segments of the customer", "les segments du client"),
)
PLACE_FIELD = Field(
    PLACE,
    Type.INT,
    Text("Place in the draw", "Place au tirage"),
    f"""(('x' || substr(encode(sha256(customer.id::text::bytea), 'hex'), 1, 6))::bit(24)::bigint % {PLACES})""",
    doc="A number drawn from the person's id, the same for ever; control groups of rules follow from it. -1: nobody.",
    low=NOBODY,
    high=PLACES - 1,
    words=Text("the place in the draw", "la place au tirage"),
)
# What the rules of a programme may read; traits are defined in the database: see `trait_fields`.
RULE_FIELDS = (*OWN_FIELDS, SEGMENTS_FIELD, PLACE_FIELD)

_SEGMENT_RELATION = """(
    select c.id, c.sort_key, c.kind, c.country, c.language, c.source, %(moment)s::timestamptz as moment,
        (c.acquired_at at time zone 'UTC')::date as acquired_on,
        extract(month from c.birth_on)::bigint as birth_month,
        extract(year from age(%(moment)s::timestamptz at time zone 'UTC', c.birth_on))::bigint as age{columns}
    from customers_customer c {joins}
    where c.merged_into_id is null and c.erased_at is null and c.acquired_at <= %(moment)s
        and c.source <> 'sandbox' -- whom a test key added is nobody's audience
) customer"""
# Open values and those that ended since the moment, apart: each part has an index of its own, which an "or" would not
# use. A condition that nobody without the trait can meet makes the join an inner one, and its bound enters the index.
_TRAIT_JOIN = """
    left join (
        select o.customer_id, o.{type} from customers_trait o
        where o.name = '{name}' and o.valid_until is null and o.valid_from <= %(moment)s
        union all
        select e.customer_id, e.{type} from customers_trait e
        where e.name = '{name}' and e.valid_until > %(moment)s and e.valid_from <= %(moment)s
    ) {alias} on {alias}.customer_id = c.id"""


def segment_relation(paths: Collection[str], definitions: Iterable[TraitDefinition]) -> str:
    """Return the relation `customer`, of whom a segment may hold, for a statement with the parameter `moment`.

    It has a column for each trait among `paths`, joined once: a million customers are read set by set, not one by one.
    """
    read = [definition for definition in definitions if path_of_trait(definition.name) in paths]
    columns, joins = "", ""
    for position, definition in enumerate(read):
        alias = f"t{position}"
        columns += f', {alias}.{definition.type} as "{path_of_trait(definition.name)}"'
        joins += _TRAIT_JOIN.format(type=definition.type, name=definition.name, alias=alias)
    return _SEGMENT_RELATION.format(columns=columns, joins=joins)


def trait_fields(definitions: Iterable[TraitDefinition]) -> tuple[Field, ...]:
    """Return a field `trait.<name>` or `custom.<key>` for each definition; optional: nobody has every trait."""
    return tuple(_trait_field(definition) for definition in definitions)


def is_free_text(definition: TraitDefinition) -> bool:
    """Tell whether people write what they like there: a custom field of a text that is no choice of a list."""
    return definition.name.startswith(CUSTOM) and definition.type == "text" and not definition.choices


def path_of_trait(name: str) -> str:
    """Return how rules name a trait: `trait.rfm_segment`, and a custom field by its own name, `custom.skin_type`."""
    return name if name.startswith(CUSTOM) else f"{TRAIT}{name}"


def trait_of_path(path: str) -> str | None:
    """Return the trait that a rule reads by this path; None where it reads something else."""
    if path.startswith(CUSTOM):
        return path
    return path.removeprefix(TRAIT) if path.startswith(TRAIT) else None


def segment_catalogue(definitions: Iterable[TraitDefinition]) -> Catalogue:
    """Return what the condition of a segment may read, as columns of `segment_relation`.

    Segments do not read segments: their order would matter.
    """
    joined = (replace(each, column=f'customer."{each.path}"') for each in trait_fields(definitions))
    return Catalogue(fields=(*OWN_FIELDS, *joined))


def values_of_customer(customer: Mapping[str, Any], *, on: date) -> dict[str, Any]:
    """Return the values of RULE_FIELDS, and of each trait defined, from what customers_for_rules() gives."""
    birth_on = _day(customer["birth_on"])
    return {
        "customer.kind": customer["kind"],
        "customer.country": customer["country"],
        "customer.language": customer["language"],
        "customer.source": customer["source"],
        "customer.acquired_on": _day_of_moment(customer["acquired_at"]),
        "customer.birth_month": birth_on.month if birth_on else None,
        "customer.age": _age(birth_on, on) if birth_on else None,
        "customer.segments": customer["segments"],
        PLACE: place_of(customer["id"]) if customer.get("id") else NOBODY,
        **_trait_values(customer["traits"], customer["trait_types"]),
    }


def _trait_field(definition: TraitDefinition) -> Field:
    type_ = TRAIT_TYPES[definition.type]
    bound = TRAIT_NUMBER_MAX if type_ is Type.INT else None
    what, what_not = _words_of(definition)
    return Field(
        path_of_trait(definition.name),
        type_,
        definition.label,
        f"""(select t.{definition.type} from customers_trait t
            where t.customer_id = customer.id and t.name = '{definition.name}' and t.valid_from <= customer.moment
                and (t.valid_until is null or t.valid_until > customer.moment))""",
        doc=f"{definition.label.en} ({definition.unit})" if definition.unit else definition.label.en,
        optional=True,
        choices={text: Text(text, text) for text in definition.choices} or None,
        words=what,
        words_not=what_not,
        low=None if bound is None else -bound,
        high=bound,
        is_free_text=is_free_text(definition),
    )


def _words_of(definition: TraitDefinition) -> tuple[Text, Text]:
    en, fr = f"“{definition.label.en}”", f"«\u00a0{definition.label.fr}\u00a0»"
    if definition.name.startswith(CUSTOM):
        return Text(f"the customer’s {en}", f"le champ {fr}"), Text(f"not the customer’s {en}", f"pas le champ {fr}")
    return Text(f"the trait {en}", f"le trait {fr}"), Text(f"not the trait {en}", f"pas le trait {fr}")


def _trait_values(traits: Mapping[str, Any], types: Mapping[str, str]) -> dict[str, Any]:
    """Every defined trait has a value, None where the customer has none: rules ask for it with has()."""
    values = ((name, type_, traits.get(name)) for name, type_ in types.items())
    return {path_of_trait(name): _day(value) if type_ == "day" else value for name, type_, value in values}


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _day_of_moment(text: str) -> date:
    # jsonb writes moments in the time zone of the session, which Django sets to UTC.
    return datetime.fromisoformat(text).date()


def _age(birth_on: date, on: date) -> int:
    return max(0, on.year - birth_on.year - ((on.month, on.day) < (birth_on.month, birth_on.day)))
