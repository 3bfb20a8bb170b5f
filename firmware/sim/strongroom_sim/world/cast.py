"""Who and what is in the simulated room: people with badges, boxes with two tags each, made from
a seed.

Badges and tags are drawn so that a run can never meet the same id twice: 4- and 7-byte HF ids
with a maker's first byte that anticollision accepts, and 12-byte EPC codes for the gate.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

_NAMES = (
    ("李文", "Li Wen"),
    ("王芳", "Wang Fang"),
    ("张伟", "Zhang Wei"),
    ("陈静", "Chen Jing"),
    ("杨帆", "Yang Fan"),
    ("赵敏", "Zhao Min"),
    ("周强", "Zhou Qiang"),
    ("吴霞", "Wu Xia"),
)
_ROLES = ("archivist", "handler", "handler", "security", "manager", "custodian")


@dataclass(frozen=True)
class Person:
    """Somebody in the building. `known` is False for a badge that no register holds."""

    id: str
    name: str
    role: str
    badge: str
    known: bool = True


@dataclass(frozen=True)
class Box:
    """An archive box: its HF tag is read at the desk, its UHF tag at the gate; `pages` by its list."""

    id: str
    title: str
    home: str
    hf: str
    uhf: str
    pages: int


@dataclass(frozen=True)
class Cast:
    """Everybody and everything of one run."""

    people: tuple[Person, ...]
    visitor: Person
    boxes: tuple[Box, ...]

    def person(self, role: str, turn: int = 0) -> Person:
        """Return the person of a role whose turn it is."""
        having = [person for person in self.people if person.role == role]
        return having[turn % len(having)]


def cast(seed: int, boxes: int = 24) -> Cast:
    """Return the people and boxes of a seed."""
    rng = Random(f"cast {seed}")
    used: set[str] = set()
    names = rng.sample(_NAMES, len(_ROLES))
    people = tuple(
        Person(f"p{number:02d}", f"{chinese} {latin}", role, _hf(rng, used))
        for number, ((chinese, latin), role) in enumerate(zip(names, _ROLES, strict=True), 1)
    )
    visitor = Person("visitor", "visitor", "visitor", _hf(rng, used), known=False)
    return Cast(people, visitor, tuple(_box(rng, used, number) for number in range(1, boxes + 1)))


def _box(rng: Random, used: set[str], number: int) -> Box:
    cabinet = 1 + (number - 1) // 6
    return Box(
        id=f"box-{number:04d}",
        title=f"{rng.randrange(1998, 2024)} 供电 {number:04d}",
        home=f"a{cabinet}-{1 + (number - 1) % 6}",
        hf=_hf(rng, used),
        uhf=_fresh(lambda: "e280" + rng.randbytes(10).hex(), used),
        pages=40 + number * 7 % 120,
    )


def _hf(rng: Random, used: set[str]) -> str:
    """A 7-byte id of maker 04, or now and then an old one of 4 bytes."""
    if rng.random() < 0.75:
        return _fresh(lambda: "04" + rng.randbytes(6).hex(), used)
    return _fresh(lambda: rng.randbytes(4).hex(), used)


def _fresh(draw: Callable[[], str], used: set[str]) -> str:
    """An id nobody has yet, and one a card can have.

    First bytes 88 and x8 of 4-byte ids and 88 as the fourth byte of a 7-byte id mean something
    else in anticollision (ISO 14443-3).
    """
    while True:
        code = draw()
        reserved = code[:2] in ("88", "08", "f8") or (len(code) == 14 and code[6:8] == "88")
        if not reserved and code not in used:
            used.add(code)
            return code
