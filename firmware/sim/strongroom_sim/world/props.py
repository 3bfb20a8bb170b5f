"""The room's nodes and devices by name, and what can happen to them, in the words the emulated
chips understand."""

from ..script import Stimulus

CLIMATE, DESK, GATE, SAFE, SHELF = "climate-1", "desk-1", "gate-1", "safe-1", "shelf-1"
NODES = (CLIMATE, DESK, GATE, SAFE, SHELF)
BANK = "bank-a"
GATE_READERS = {"inner": "gate-in", "outer": "gate-out"}


def air(at: int, device: str, temperature: float, humidity: float) -> Stimulus:
    """The air around a climate sensor in C and percent."""
    return Stimulus(
        at, CLIMATE, device, "set", {"t": round(temperature, 2), "rh": round(humidity, 2)}
    )


def card_on(at: int, node: str, reader: str, uid: str) -> Stimulus:
    """A card or HF tag comes into a reader's field."""
    return Stimulus(at, node, reader, "place", {"uid": uid})


def card_off(at: int, node: str, reader: str, uid: str) -> Stimulus:
    """A card or HF tag leaves a reader's field."""
    return Stimulus(at, node, reader, "remove", {"uid": uid})


def tap(at: int, node: str, reader: str, uid: str, ms: int = 500) -> list[Stimulus]:
    """A card is held to a reader for some ms."""
    return [card_on(at, node, reader, uid), card_off(at + ms, node, reader, uid)]


def heard(at: int, antenna: str, epc: str, rssi: int | None) -> Stimulus:
    """An antenna of the gate hears a UHF tag at rssi dBm; None when it no longer does."""
    reader = GATE_READERS[antenna]
    if rssi is None:
        return Stimulus(at, GATE, reader, "leave", {"epc": epc})
    return Stimulus(at, GATE, reader, "enter", {"epc": epc, "rssi": rssi})


def door(at: int, node: str, contact: str, is_open: bool) -> Stimulus:
    """A door with a contact is opened or shut."""
    return Stimulus(at, node, contact, "open" if is_open else "close")


def carriage(at: int, number: int, mm: int) -> Stimulus:
    """A carriage of the shelf bank stands at some mm from its lower end."""
    return Stimulus(at, SHELF, BANK, "move", {"channel": number, "mm": mm})


def fault(at: int, node: str, device: str, kind: str, ms: int) -> list[Stimulus]:
    """A chip has a fault for some ms."""
    return [
        Stimulus(at, node, device, "fault", {"kind": kind, "on": True}),
        Stimulus(at + ms, node, device, "fault", {"kind": kind, "on": False}),
    ]


def power_cut(at: int, node: str, ms: int) -> list[Stimulus]:
    """A node loses its power, without warning, and has it back some ms later."""
    return [Stimulus(at, node, "board", "power_cut"), Stimulus(at + ms, node, "board", "power_on")]


def network_cut(at: int, node: str, ms: int) -> list[Stimulus]:
    """A node's network cable is out for some ms."""
    return [
        Stimulus(at, node, "board", "network_cut", {"on": True}),
        Stimulus(at + ms, node, "board", "network_cut", {"on": False}),
    ]
