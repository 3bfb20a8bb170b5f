"""What the room knows of people, things and places, as rows. All ids match `section.Key`."""

from typing import Final, Literal

from .rows import Row, row

Role = Literal[
    "archivist",
    "certificate_custodian",
    "handler_a",
    "handler_b",
    "collector",
    "chairman",
    "general_manager",
    "deputy_manager",
    "security",
    "facilities",
    "auditor",
]
ItemKind = Literal["box", "volume", "certificate", "key"]
PlaceKind = Literal["room", "safe", "cabinet", "shelf", "slot", "desk", "area"]
CertificateKind = Literal[
    "customer_ownership",
    "guarantor_ownership",
    "other_right",
    "chattel_mortgage",
    "equity_pledge",
    "other_ownership",
]
"""The six kinds: 客户财产权属证明, 保证人财产权属证明, 他项权证, 动产抵押登记通知书,
股权出质设立登记通知书, 其他权属证明.
"""

OUTSIDE: Final = "@outside"
"""Carried out through a gate."""
RETURNING: Final = "@returning"
"""Carried in again, not yet given back at a desk."""
UNFILED: Final = "@unfiled"
"""Registered, and not yet put anywhere."""
WITH_HOLDER: Final = "@holder"
"""In the hands of the person who took it out."""


@row("person")
class Person(Row, frozen=True):
    """Somebody with badges and roles. `scope` names the departments a deputy manager answers for."""

    name: str
    badges: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    department: str | None = None
    scope: tuple[str, ...] = ()
    active: bool = True


@row("item")
class Item(Row, frozen=True):
    """A box, volume, certificate or key that is accounted for.

    `number` is the file or certificate number, which never changes; `home` is where it belongs;
    `parent` is the box it lies in; `pages` is the page count of its inventory.
    """

    name: str
    kind: ItemKind = "box"
    number: str | None = None
    tags: tuple[str, ...] = ()
    home: str | None = None
    parent: str | None = None
    certificate: CertificateKind | None = None
    pages: int | None = None
    sealed: bool | None = None
    department: str | None = None
    project: str | None = None
    closed: bool = False
    """No longer in use (销户, released, destroyed): kept for the record."""


@row("place")
class Place(Row, frozen=True):
    """Where items belong. `custodian` answers for what rests there; `order` is that of filing."""

    name: str
    kind: PlaceKind = "shelf"
    parent: str | None = None
    custodian: str | None = None
    order: int = 0
    capacity: int | None = None


@row("where")
class Where(Row, frozen=True):
    """Who holds an item (None: nobody, it rests), where it is, and since when (Unix ms)."""

    holder: str | None = None
    place: str | None = None
    since: int = 0
    last_holder: str | None = None
