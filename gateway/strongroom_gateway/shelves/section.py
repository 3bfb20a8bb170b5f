"""The sections of the configuration about rolling shelves and the readers in them."""

from typing import Annotated, Literal

from msgspec import Meta

from ..section import CarriageName, Key, Label, Name, Seconds, Section, SensorName


class ReservedSection(Section, frozen=True):
    """Slots whose ids begin with `prefix` take items of these classes alone: the letter of the file
    number (H, L) or the kind of the item (box, volume).
    """

    prefix: Key
    classes: Annotated[list[Label], Meta(min_length=1)]


class ShelfBankSection(Section, frozen=True):
    """A bank of rolling shelves between two fixed ends.

    `carriages` names each one from the low end as `node/device/number`; `low_mm` is what each
    reports with all of them pushed to the low end, `travel_mm` how wide all aisles are together.
    An aisle is open from `open_mm` on and shut up to `shut_mm`; positions may contradict each other
    by `tolerance_mm`. A tap at one of `badge_readers` (none: any desk) up to `badge_s` before an
    aisle opens says who opened it.
    """

    id: Name
    name: Label
    carriages: Annotated[list[CarriageName], Meta(min_length=1, max_length=98)]
    travel_mm: Annotated[int, Meta(ge=100, le=100_000)]
    low_mm: list[Annotated[int, Meta(ge=-10_000, le=100_000)]] = []
    open_mm: Annotated[int, Meta(ge=1, le=10_000)] = 500
    shut_mm: Annotated[int, Meta(ge=0, le=10_000)] = 60
    tolerance_mm: Annotated[int, Meta(ge=0, le=1_000)] = 40
    open_max_s: Seconds = 1_800
    hours: list[str] = []
    lock_outside_hours: bool = True
    badge_readers: list[SensorName] = []
    badge_s: Seconds = 180
    low_end: Label | None = None
    high_end: Label | None = None
    filing: Literal["after_last", "first_free"] = "after_last"
    reserved: list[ReservedSection] = []


class ShelfReaderSection(Section, frozen=True):
    """A tag reader in a shelf, for the slots whose ids begin with one of `covers`.

    A box stands elsewhere when it was read for `settle_s` by a reader that does not cover its home,
    and no reader that does heard it within `margin_db` as strongly.
    """

    id: Name
    name: Label
    node: Name
    reader: Name
    covers: Annotated[list[Key], Meta(min_length=1)]
    ant: Name | None = None
    rssi_floor: Annotated[int, Meta(ge=-120, le=0)] = -75
    margin_db: Annotated[int, Meta(ge=0, le=60)] = 6
    settle_s: Seconds = 60
