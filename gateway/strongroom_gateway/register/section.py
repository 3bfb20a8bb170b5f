"""The sections of the configuration about people, items and places."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta

from ..room.model import CertificateKind, ItemKind, PlaceKind, Role
from ..section import Key, Label, Section, TagId


class Person(Section, frozen=True):
    """Somebody with badges and roles. `scope` names the departments a deputy manager answers for."""

    id: Key
    name: Label
    badges: list[TagId] = []
    roles: list[Role] = []
    department: Label | None = None
    scope: list[Label] = []
    active: bool = True


class Item(Section, frozen=True):
    """A box, volume, certificate or key that carries tags; `home` is the place it belongs to."""

    id: Key
    name: Label
    kind: ItemKind = "box"
    number: Label | None = None
    tags: list[TagId] = []
    home: Key | None = None
    parent: Key | None = None
    certificate: CertificateKind | None = None
    pages: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    sealed: bool | None = None
    department: Label | None = None
    project: Label | None = None
    closed: bool = False


class Place(Section, frozen=True):
    """A room, safe, cabinet, shelf, slot, desk or area where items belong; see `docs/custody.md`."""

    id: Key
    name: Label
    kind: PlaceKind = "shelf"
    parent: Key | None = None
    custodian: Key | None = None
    order: Annotated[int, Meta(ge=0, le=999_999_999)] = 0
    capacity: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None


class RegisterSection(Section, frozen=True):
    """A file of its own with more [[person]], [[item]] and [[place]]."""

    file: Path


class Register(Section, frozen=True):
    """The file that [register] names."""

    person: list[Person] = []
    item: list[Item] = []
    place: list[Place] = []
