"""What the id of a slot on a rolling shelf says: a-03b-02-04-07.

Bank a, carriage 3, face b, section 2, level 4, position 7. Face a looks to the low end, face b to
the high end; the sections run along the face from the side of the handle, the levels from the top,
the positions from the left. All numbers have two digits, so that the order of ids is the order
along the shelf. The fixed shelves at the ends count as carriage 00 and n+1.
"""

import re
from collections.abc import Mapping
from typing import Literal, cast

import msgspec

_ID = re.compile(
    r"(?P<bank>[a-z0-9][a-z0-9-]*)-(?P<carriage>\d\d)(?P<face>[ab])"
    r"-(?P<section>\d\d)-(?P<level>\d\d)-(?P<position>\d\d)"
)


class Address(msgspec.Struct, frozen=True, order=True):
    """Where a slot is. Ordered as the slots follow each other along the shelf."""

    bank: str
    carriage: int
    face: Literal["a", "b"]
    section: int
    level: int
    position: int

    @property
    def id(self) -> str:
        """Return the id of the place."""
        return (
            f"{self.bank}-{self.carriage:02}{self.face}"
            f"-{self.section:02}-{self.level:02}-{self.position:02}"
        )

    @property
    def aisle(self) -> int:
        """Return the number of the aisle that the face looks into."""
        return self.carriage - 1 if self.face == "a" else self.carriage

    @property
    def words(self) -> Mapping[str, str | int]:
        """Return what a text about the slot needs."""
        return {
            "carriage": self.carriage,
            "face": self.face.upper(),
            "section": self.section,
            "level": self.level,
            "position": self.position,
        }


def address(place: str) -> Address | None:
    """Return what the id of a place says; None for a place that is no such slot."""
    found = _ID.fullmatch(place)
    if found is None:
        return None
    section, level, position = int(found["section"]), int(found["level"]), int(found["position"])
    if not (section and level and position):
        return None
    carriage, face = int(found["carriage"]), cast("Literal['a', 'b']", found["face"])
    if carriage == 0 and face == "a":
        return None  # a fixed shelf at the low end has nothing on that side
    return Address(found["bank"], carriage, face, section, level, position)
