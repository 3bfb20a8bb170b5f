"""The boot counter: the part of a record's identity that a power cut must never repeat."""

from strongroom_node.compat import const, crc32, random_bytes
from strongroom_node.errors import StoreError
from strongroom_node.segments import from_name

_FILES = ("boot.a", "boot.b")
_LOWEST, _HIGHEST = 1 << 16, 1 << 30
_LAST = const(2147483647)  # of the wire contract


def next_boot(store):
    """Count this boot on flash and return its number, which is then this node's for ever. Raises StoreError.

    Two copies, written one after the other: a torn one leaves the other, and the higher one counts. On a flash that
    holds neither, records that still wait in the outbox say how far it had come; without any, counting starts at a
    random number in 2**16..2**30, because the ledger still knows this node's old boots (a replaced or wiped board).
    """
    known = [n for n in (_read(store, name) for name in _FILES) if n]
    if not known:
        waiting = [from_name(name, 0) for name in store.names()]
        known = [segment.boot for segment in waiting if segment is not None]
    boot = max(known) + 1 if known else _random_start()
    if boot > _LAST:
        boot = _random_start()
    for name in _FILES:
        text = b"%d" % boot
        store.write(name, text + b" %08x" % crc32(text))
    return boot


def _read(store, name):
    try:
        data = store.read(name)
    except StoreError:  # unreadable is as good as absent: there is a second copy
        return None
    words = (data or b"").split()
    if len(words) != 2 or not words[0].isdigit() or words[1] != b"%08x" % crc32(words[0]):
        return None
    return int(words[0])


def _random_start():
    raw = int.from_bytes(random_bytes(4), "big")
    return _LOWEST + raw % (_HIGHEST - _LOWEST)
