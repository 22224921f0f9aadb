"""The terms of joining: may people sign up by themselves, from what age, and is their birthday asked. Pure.

joining:
  online: true            members sign up in the portal
  minimum_age: 15         whole years on the day of joining; 0: no limit
  birthday: optional      required, optional or no; with a minimum age it is always required
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from .reading import MalformedTerms, read_choice, read_object, read_whole

MEMBERS = {"online", "minimum_age", "birthday"}
BIRTHDAYS = ("required", "optional", "no")
AGE_MAX = 99


@dataclass(frozen=True, slots=True)
class JoiningPolicy:
    """How a programme takes people in by itself; see the head of the file."""

    online: bool = True
    minimum_age: int = 0
    birthday: str = "optional"

    def is_old_enough(self, born: date, today: date) -> bool:
        """Tell whether somebody has the age today; who is born on 29 February is older on 1 March of other years."""
        return age_on(born, today) >= self.minimum_age


def age_on(born: date, day: date) -> int:
    """Return the whole years that somebody has lived on a day."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def parse_joining(document: Any) -> JoiningPolicy | None:
    """Read the part `joining` of a version; None where it has none. Raises MalformedTerms."""
    if document is None:
        return None
    known = read_object(document, "/joining", MEMBERS)
    online = known.get("online", True)
    if not isinstance(online, bool):
        raise MalformedTerms("Say true or false.", pointer="/joining/online")
    age = read_whole(known.get("minimum_age", 0), "/joining/minimum_age", least=0, most=AGE_MAX)
    otherwise = "required" if age else "optional"
    birthday = read_choice(known.get("birthday", otherwise), "/joining/birthday", BIRTHDAYS)
    if age and birthday != "required":
        raise MalformedTerms("A minimum age needs the birthday: write “required”.", pointer="/joining/birthday")
    return JoiningPolicy(online, age, birthday)
