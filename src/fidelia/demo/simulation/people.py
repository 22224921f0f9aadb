"""Who the customers are: names, towns, addresses, cards, and what they agreed to. All of it invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np

from fidelia.kernel.folding import fold

from .lists import read_list
from .parameters import SHOP

EMAIL_DOMAINS = ("mel.example", "courriel.example", "poste.example")
WEB = "WEB"
# The range that the French regulator keeps for films and books: 06 39 98 00 00 to 06 39 98 99 99.
FICTION_PHONE = "06 39 98"


@dataclass(frozen=True, slots=True)
class Agreement:
    """A yes or a no to a purpose on a channel, and where it was said."""

    purpose: str
    channel: str
    given: bool
    occurred_at: datetime
    form: str


@dataclass(frozen=True, slots=True)
class Person:
    """A customer as the shop knows them; `number` is the till's own, `card` empty for one who is not a member."""

    id: UUID
    number: str
    card: str
    kind: str
    given_name: str
    family_name: str
    company_name: str
    birth_on: date | None
    language: str
    town: str
    postal_code: str
    home_store: str
    acquired_at: datetime
    email: str
    phone: str
    source: str
    agreements: tuple[Agreement, ...]

    @property
    def is_member(self) -> bool:
        return bool(self.card)


def draw_people(rng: np.random.Generator, acquired: list[datetime], companies: int, ends_at: datetime) -> list[Person]:
    """Draw one customer for each moment of acquisition, the last `companies` of them companies."""
    n = len(acquired)
    draws = _Draws(rng, n)
    return [
        _person(draws, place, moment, ends_at, is_company=place >= n - companies)
        for place, moment in enumerate(acquired)
    ]


def card_number(place: int) -> str:
    """Return a card's thirteen digits: 29, ten that do not count upwards, and the check digit of an EAN-13."""
    body = f"29{(place * 7_368_787 + 904_417_883) % 10**10:010}"
    return body + check_digit(body)


def check_digit(body: str) -> str:
    """Return the last digit of an EAN-13."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return str(-total % 10)


class _Draws:
    """All draws about all customers, made at once and read one customer after the other."""

    def __init__(self, rng: np.random.Generator, n: int) -> None:
        towns = read_list("towns")
        weights = np.array([float(town["weight"]) for town in towns])
        self.towns = towns
        self.town = rng.choice(len(towns), n, p=weights / weights.sum())
        self.english = rng.random(n) < SHOP.share_english
        self.names = {
            language: (_weighted(rng, "given_names", language, n), _weighted(rng, "family_names", language, n))
            for language in ("fr", "en")
        }
        self.second_name = _weighted(rng, "family_names", "fr", n)
        companies = read_list("companies")
        self.company_kind = rng.choice([row["text"] for row in companies if row["part"] == "kind"], n).tolist()
        self.company_place = rng.choice([row["text"] for row in companies if row["part"] == "place"], n).tolist()
        self.chance = rng.random((n, 12)).tolist()
        self.age_days = np.clip(rng.gamma(9.0, 5.2, n) * 365.25, 18 * 365.25, 97 * 365.25).astype(int).tolist()
        self.phone = rng.integers(0, 10_000, n).tolist()
        self.domain = rng.integers(0, len(EMAIL_DOMAINS), n).tolist()
        self.random_bits = [int.from_bytes(rng.bytes(10)) for _place in range(n)]


def _weighted(rng: np.random.Generator, name: str, language: str, n: int) -> list[str]:
    rows = [row for row in read_list(name) if row["language"] == language]
    weights = np.array([float(row["weight"]) for row in rows])
    return [rows[place]["name"] for place in rng.choice(len(rows), n, p=weights / weights.sum())]


def _person(draws: _Draws, place: int, moment: datetime, ends_at: datetime, *, is_company: bool) -> Person:
    chance = draws.chance[place]
    town = draws.towns[draws.town[place]]
    language = "en" if draws.english[place] else "fr"
    given, family = _names(draws, place, language)
    company = f"{draws.company_kind[place]} {draws.company_place[place]}" if is_company else ""
    joins = SHOP.share_members_among_companies if is_company else SHOP.share_members
    is_member = chance[0] < joins
    email = _email(draws, place, company, given, family) if chance[1] < SHOP.share_with_email else ""
    source = "web" if town["store"] == WEB or not is_member else "till"
    birth_on = None
    if not is_company and is_member and chance[3] < SHOP.share_with_birthday:
        birth_on = moment.date() - timedelta(days=draws.age_days[place])
    return Person(
        id=_identifier(moment, draws.random_bits[place]),
        number=f"ELE-{place + 1:06}",
        card=card_number(place) if is_member else "",
        kind="company" if is_company else "person",
        given_name="" if is_company else given,
        family_name="" if is_company else family,
        company_name=company,
        birth_on=birth_on,
        language=language,
        town=town["town"],
        postal_code=town["postal_code"],
        home_store=town["store"],
        acquired_at=moment,
        email=email,
        phone=_phone(draws.phone[place]) if chance[2] < SHOP.share_with_phone else "",
        source=source,
        agreements=_agreements(chance, moment, ends_at, source, has_email=bool(email)),
    )


def _names(draws: _Draws, place: int, language: str) -> tuple[str, str]:
    given, family = (names[place] for names in draws.names[language])
    other = draws.second_name[place]
    if draws.chance[place][4] < 0.04 and language == "fr" and other != family and " " not in family + other:
        family = f"{family}-{other}"
    return given, family


def _email(draws: _Draws, place: int, company: str, given: str, family: str) -> str:
    who = fold(company).replace(" ", "-") if company else f"{fold(given)}.{fold(family)}".replace(" ", "")
    return f"{who}{place + 1}@{EMAIL_DOMAINS[draws.domain[place]]}"


def _phone(number: int) -> str:
    return f"{FICTION_PHONE} {number // 100:02} {number % 100:02}"


def _identifier(moment: datetime, random_bits: int) -> UUID:
    """A UUID of version 7 whose time is that of the acquisition: the same shop has the same customers."""
    milliseconds = int(moment.timestamp() * 1000)
    value = (milliseconds << 80) | (random_bits & ((1 << 80) - 1))
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    return UUID(int=(value & ~(0x3 << 62)) | (0x2 << 62))


def _agreements(
    chance: list[float], moment: datetime, ends_at: datetime, source: str, *, has_email: bool
) -> tuple[Agreement, ...]:
    form = "formulaire-web" if source == "web" else "bulletin-caisse"
    said = []
    if has_email:
        given = chance[5] < SHOP.share_email_consent
        said.append(Agreement("marketing", "email", given, moment, form))
        if given and chance[6] < SHOP.share_consent_withdrawn:
            later = moment + (ends_at - moment) * chance[7]
            said.append(Agreement("marketing", "email", False, later.astimezone(UTC), "lien-desinscription"))
    if chance[8] < SHOP.share_sms_consent:
        said.append(Agreement("marketing", "sms", chance[9] < 0.8, moment, form))
    if chance[10] < SHOP.share_profiling_consent:
        said.append(Agreement("profiling", "any", True, moment, form))
    return tuple(said)
