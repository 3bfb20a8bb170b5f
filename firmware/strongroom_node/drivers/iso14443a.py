"""ISO/IEC 14443-3 type A: finds the cards in a reader's field one by one and puts each to sleep.

A reader is `async exchange(data, last=0, align=0)`: send bytes (`last`: bits of the last byte, 0 is
all; `align`: bit of the first byte where the answer begins). It returns None for silence or
(bytes, bits of the last byte or 0, state): CLEAN, GARBLED, COLLIDED (cards answered different bits,
nobody knows where) or the position 1..32 of the first such bit, counted as that reader counts.

An id passes three checks: its check byte, the selection in which the card compares every bit
itself, and the CRC_A of its answer. Noise can hide a card for one look; it cannot make one.
"""

from strongroom_node.compat import const
from strongroom_node.drivers.crc import crc_a

CLEAN, COLLIDED, GARBLED = 0, -1, -2
REQA, WUPA = b"\x26", b"\x52"

_LEVELS = (0x93, 0x95, 0x97)
_CASCADE_TAG = const(0x88)
_CASCADE_BIT = const(0x04)


def sealed(data):
    """Return the bytes with their CRC_A."""
    crc = crc_a(data)
    return bytes(data) + bytes([crc & 0xFF, crc >> 8])


async def identify(exchange):
    """Return the id (4, 7 or 10 bytes) of one of the cards that just answered a request.

    The card is left selected. None: it could not be made out, or it left.
    """
    uid = b""
    for sel in _LEVELS:
        part = await _level(exchange, sel)
        sak = None if part is None else await _select(exchange, sel, part)
        if sak is None:
            return None
        if not sak & _CASCADE_BIT:
            return uid + part[:4]
        if part[0] != _CASCADE_TAG:
            return None  # another level is promised only behind a cascade tag: it was misheard
        uid += part[1:4]
    return None


def is_half(uid):
    """Whether this is no id of its own but the first part of one: four bytes from the cascade tag."""
    return len(uid) == 4 and uid[0] == _CASCADE_TAG


async def halt(exchange):
    """Put the selected card to sleep; it agrees by saying nothing."""
    await exchange(sealed(b"\x50\x00"))


async def _select(exchange, sel, part):
    answer = await exchange(sealed(bytes([sel, 0x70]) + part))
    if answer is None or answer[1] or answer[2] != CLEAN or len(answer[0]) != 3:
        return None
    return answer[0][0] if sealed(answer[0][:1]) == answer[0] else None


async def _level(exchange, sel):
    """Return four bytes and their check byte of one level, or None.

    At a collision the bit is taken as it was received: both values have a card, and where the
    position was counted wrongly it is what all of them said. So every branch asked for has a card
    in it; cards of other branches may fall asleep, and nobody has to go back to them.
    """
    bits, known = bytearray(5), 0
    while known <= 32:
        state = await _ask(exchange, sel, bits, known)
        if state == CLEAN:
            return bytes(bits)
        if state is None or state == GARBLED:
            return None
        known = _certain(state, known)
        _cut(bits, known)
    return None  # equal ids with different check bytes: noise


def _certain(place, known):
    """Return how many bits are certain when the first different one is said to be at `place`.

    Some readers count from the level's first bit, some from the first byte they received, some from
    the first bit. The smallest of these that gets on is never too far.
    """
    places = [place + base for base in (0, known & ~7, known) if place > 0]
    return min([one for one in places if one > known] or [known + 1])


async def _ask(exchange, sel, bits, known):
    """Ask the cards whose level begins with the `known` bits; the rest of `bits` is filled in.

    Return None when nobody answered, or the state; CLEAN only with a right check byte.
    """
    whole, part = known // 8, known % 8
    sent = bytes([sel, 0x20 + (whole << 4) + part]) + bytes(bits[: whole + (1 if part else 0)])
    answer = await exchange(sent, part, part)
    if answer is None:
        return None
    data, last, state = answer
    if state == GARBLED:
        return state
    if state == CLEAN and (last or len(data) != 5 - whole):
        return GARBLED
    keep = (1 << part) - 1
    for i in range(min(len(data), 5 - whole)):
        mine = bits[whole + i] & keep
        bits[whole + i] = mine | (data[i] & ~keep & 0xFF)
        keep = 0
    if state == CLEAN and bits[0] ^ bits[1] ^ bits[2] ^ bits[3] ^ bits[4]:
        return GARBLED
    return state


def _cut(bits, known):
    """Keep the first `known` bits."""
    for i in range(5):
        bits[i] &= (1 << min(8, max(0, known - 8 * i))) - 1
