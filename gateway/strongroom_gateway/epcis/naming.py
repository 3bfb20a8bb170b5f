"""What things are called outside: GS1 keys where the site has a company prefix, own URIs otherwise.

An item's name follows from its id and kind, which never change, so events exported again have the
same ids as before.
"""

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from .gs1 import Key, decode
from .section import EpcisSection

KindOf = Callable[[str], str | None]
"""Returns the kind of an item by its id: box, volume, certificate, key; None when unknown."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9._-]+")
_LONGEST: Final = {"grai": 16, "gdti": 17, "sgln": 20, "giai": 30}
"""Signs in a serial; of a GIAI with the prefix."""
_SCHEME: Final = {"box": "grai", "volume": "gdti", "certificate": "gdti", "key": "giai"}


class Naming:
    """Makes the URIs of one site; counts where it had no GS1 key to give."""

    def __init__(self, site: EpcisSection, kind_of: KindOf) -> None:
        self._site = site
        self._kind_of = kind_of
        self.keyless = 0
        """How often an item went by an own URI although there is a company prefix."""
        self.first_keyless: str | None = None

    @property
    def vocabulary(self) -> str:
        """Return the namespace of the fields that only this gateway knows."""
        return f"{self._site.base}voc/"

    def item(self, item: str) -> str:
        """Return the URI of an item."""
        if self._site.company_prefix is None:
            return self._own("item", item)
        scheme = _SCHEME.get(self._kind_of(item) or "", "")
        key = self._key(scheme, item) if scheme else None
        if key is None:
            self.keyless += 1
            self.first_keyless = self.first_keyless or item
            return self._own("item", item)
        return self._uri(key)

    def place(self, place: str) -> str:
        """Return the URI of a place, a desk or a gate as a location."""
        key = self._key("sgln", place)
        return self._own("place", place) if key is None else self._uri(key)

    def person(self, person: str) -> str:
        """Return the URI of who has something: the person, or the company where people stay unnamed."""
        if self._site.people:
            return self._own("person", person)
        key = self._key("pgln", "")
        return f"{self._site.base}party" if key is None else self._uri(key)

    def transaction(self, slip: str) -> str:
        """Return the URI of a loan slip."""
        return self._own("slip", slip)

    def tag(self, tag: str) -> str:
        """Return the URI of a tag: the GS1 key in it, or its bare number."""
        key = decode(tag)
        return self._own("tag", tag.lower()) if key is None else self._uri(key)

    def _key(self, scheme: str, serial: str) -> Key | None:
        """Return the key of something, None when there is no prefix or no room for its id."""
        site = self._site
        prefix = site.company_prefix
        reference = {
            "grai": site.box_type,
            "gdti": site.document_type,
            "sgln": site.location,
            "pgln": site.party,
        }.get(scheme, "")
        if prefix is None or reference is None:
            return None
        if scheme == "pgln":
            return Key(scheme, prefix, reference)
        room = _LONGEST[scheme] - (len(prefix) if scheme == "giai" else 0)
        if len(serial) > room or not _PLAIN.fullmatch(serial):
            return None
        return Key(scheme, prefix, reference, serial)

    def _uri(self, key: Key) -> str:
        return key.urn if self._site.form == "urn" else key.link

    def _own(self, what: str, name: str) -> str:
        return f"{self._site.base}{what}/{quote(name, safe='')}"
