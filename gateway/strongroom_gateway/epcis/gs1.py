"""GS1 keys: how they are written, and the 96-bit numbers that tags carry.

EPC Tag Data Standard: headers, partitions and field widths of the 96-bit schemes; the two ways to
write a key as a URI, EPC URN and canonical GS1 Digital Link.
"""

import re
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

_LINK: Final = "https://id.gs1.org"
_URN: Final = re.compile(r"urn:epc:id:([a-z]+):(\d{6,12})\.(\d*)(?:\.(.+))?")
_GIAI: Final = re.compile(r"urn:epc:id:giai:(\d{6,12})\.(.+)")
_ESCAPED_IN_URN: Final = '"%&/<>?#'
_PREFIX_BITS: Final = (40, 37, 34, 30, 27, 24, 20)
"""Width of the company prefix by partition; it has 12 digits in the first, 6 in the last."""


class Scheme(NamedTuple):
    """A 96-bit scheme: its name, bits of prefix and reference together, digits of both together
    (None: the reference is a plain number), and bits of the serial behind them.
    """

    name: str
    bits: int
    digits: int | None
    serial: int


SCHEMES: Final = {
    0x2C: Scheme("gdti", 41, 12, 41),
    0x30: Scheme("sgtin", 44, 13, 38),
    0x31: Scheme("sscc", 58, 17, 0),
    0x32: Scheme("sgln", 41, 12, 41),
    0x33: Scheme("grai", 44, 12, 38),
    0x34: Scheme("giai", 82, None, 0),
}


class Key(NamedTuple):
    """A GS1 key in its parts: company prefix, reference, and the serial or extension."""

    scheme: str
    prefix: str
    reference: str
    serial: str = ""

    @property
    def urn(self) -> str:
        """Return the EPC URN."""
        tail = "".join(f"%{ord(c):02X}" if c in _ESCAPED_IN_URN else c for c in self.serial)
        if self.scheme == "giai":
            return f"urn:epc:id:giai:{self.prefix}.{tail}"
        head = f"urn:epc:id:{self.scheme}:{self.prefix}.{self.reference}"
        return f"{head}.{tail}" if self.scheme not in ("sscc", "pgln") else head

    @property
    def link(self) -> str:
        """Return the canonical GS1 Digital Link."""
        tail = quote(self.serial, safe="';=")
        plain = self.prefix + self.reference
        turned = self.reference[:1] + self.prefix + self.reference[1:]
        match self.scheme:
            case "sgtin":
                path = f"01/{_checked(turned)}/21/{tail}"
            case "sscc":
                path = f"00/{_checked(turned)}"
            case "sgln":
                path = f"414/{_checked(plain)}" + ("" if self.serial == "0" else f"/254/{tail}")
            case "grai":
                path = f"8003/0{_checked(plain)}{tail}"
            case "gdti":
                path = f"253/{_checked(plain)}{tail}"
            case "pgln":
                path = f"417/{_checked(plain)}"
            case _:
                path = f"8004/{self.prefix}{tail}"
        return f"{_LINK}/{path}"


def read_urn(urn: str) -> Key | None:
    """Return the key that an EPC URN writes; None for anything else, and for other schemes."""
    found = _GIAI.fullmatch(urn)
    if found is not None:
        return Key("giai", found[1], "", unquote(found[2]))
    found = _URN.fullmatch(urn)
    if found is None:
        return None
    scheme, prefix, reference, serial = found.groups()
    digits = {one.name: one.digits for one in SCHEMES.values()} | {"pgln": 12}
    if len(prefix) + len(reference) != digits.get(scheme):
        return None
    if (serial is None) != (scheme in ("sscc", "pgln")):
        return None
    return Key(scheme, prefix, reference, unquote(serial or ""))


def decode(tag: str) -> Key | None:
    """Return the key in the EPC of a tag, given as hexadecimal.

    None when it is none of the known 96-bit schemes: a factory number (TID), or a number somebody
    wrote into the tag that means something to them alone.
    """
    number = int(tag, 16) if re.fullmatch(r"[0-9a-fA-F]{24}", tag) else 0
    scheme = SCHEMES.get(number >> 88)
    partition = number >> 82 & 7
    if scheme is None or partition >= len(_PREFIX_BITS):
        return None
    empty = 82 - scheme.bits - scheme.serial
    body, rest = divmod(number & (1 << 82) - 1, 1 << empty)
    both, serial = divmod(body, 1 << scheme.serial)
    prefix, reference = divmod(both, 1 << scheme.bits - _PREFIX_BITS[partition])
    long = 12 - partition
    digits = 0 if scheme.digits is None else scheme.digits - long
    fits = scheme.digits is None or reference < 10**digits
    if rest or prefix >= 10**long or not fits:
        return None  # what the scheme leaves empty is not, or a part has too many digits
    named = f"{prefix:0{long}d}"
    if scheme.digits is None:
        return Key(scheme.name, named, "", str(reference))
    padded = f"{reference:0{digits}d}" if digits else ""
    return Key(scheme.name, named, padded, str(serial) if scheme.serial else "")


def _checked(digits: str) -> str:
    """Return digits with the GS1 check digit behind them: weights 3 and 1 from the right."""
    weighed = sum(int(d) * (1 if n % 2 else 3) for n, d in enumerate(reversed(digits)))
    return f"{digits}{-weighed % 10}"
