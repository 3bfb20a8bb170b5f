"""A node on the heap its board gives it: all that the flash can hold to deliver, and no heap left for a while.

The emulated boards run the compiled firmware from flash, so that the heap holds what an ESP32's would (see
strongroom_sim/rom.py); `fleet.HEAP` is what they get.
"""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from strongroom_node.outbox import Outbox
from strongroom_sim import fleet
from strongroom_sim.flash import MemoryStore
from strongroom_sim.fleet import KINDS, BoardProcess, make_board
from support.certificates import Authority
from support.listener import Listener
from support.mosquitto import Mosquitto, free_port
from support.waiting import wait_for

TAG = {"reader": "desk", "id": "04aabbccddeeff", "act": "seen", "tech": "hf", "ant": None}
TAG |= {"rssi": None, "n": 1, "span": 0}
OLD_BOOT = 500
OUTBOX_BYTES = 262144
EVENTS = 1270  # with these it is full: about twenty to a block of 4 KB
UID = "04de5f1eacc040"
CARDS = ["04de5f1eacc040", "04de5f1eacc041", "04de5f1eacc042", "04de5f1eacc043"]
BOXES = [f"e2801160600002{number:010x}" for number in range(60)]
SITUATIONS = [(kind, False) for kind in KINDS] + [("gate", True)]

pytestmark = [pytest.mark.needs("mosquitto", "micropython"), pytest.mark.timeout(600)]


@pytest.fixture
def transport() -> str:
    """`plain` or `tls`, of the node's connection; tests that have both say which."""
    return "plain"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ca")


@pytest.fixture
def broker(tmp_path: Path, authority: Authority) -> Iterator[Mosquitto]:
    """Listens on its port without TLS and on `tls_port` with client certificates."""
    mine, tls_port = authority.issue("broker", ("localhost", "127.0.0.1")), free_port()
    lines = [f"listener {tls_port} 127.0.0.1", "allow_anonymous true", "require_certificate true"]
    lines += [f"cafile {authority.pem}", f"certfile {mine['cert']}", f"keyfile {mine['key']}"]
    with Mosquitto(tmp_path / "broker", extra=lines) as running:
        running.tls_port = tls_port
        yield running


@pytest.fixture
def room(broker: Mosquitto) -> Iterator[Listener]:
    with Listener(broker.port, "r1", acking=False) as listener:
        yield listener


@pytest.fixture
def board(
    kind: str, transport: str, tmp_path: Path, broker: Mosquitto, authority: Authority
) -> Iterator[BoardProcess]:
    """A board of the kind in the test's parameters; not started."""
    address = {"host": "127.0.0.1", "port": broker.port, "tls": None, "resend_ms": 600000}
    if transport == "tls":
        mine = authority.issue(f"{kind}-1")
        keys = {"ca": authority.der, "cert": mine["cert_der"], "key": mine["key_der"]}
        address |= {"port": broker.tls_port, "tls": {part: str(keys[part]) for part in keys}}
    make_board(tmp_path / kind, "r1", f"{kind}-1", kind, address)
    found = BoardProcess(tmp_path / kind)
    yield found
    found.stop()


@pytest.fixture
def gateway(room: Listener, board: BoardProcess) -> Iterator[Callable[[], None]]:
    """Acknowledges several times a second what came, as a gateway that commits in groups does."""
    over = threading.Event()

    def acknowledge() -> None:
        while not over.wait(0.3):
            room.acknowledge(board.node)

    thread = threading.Thread(target=acknowledge)
    yield thread.start
    over.set()
    if thread.is_alive():
        thread.join()


def fill(folder: Path) -> int:
    """Fill a board's flash with the events of a long outage, as the runtime would; return how many."""
    store = MemoryStore(1 << 20)
    outbox = Outbox(store, OLD_BOOT, lambda: (1, None, "none"), max_bytes=OUTBOX_BYTES)
    for _ in range(EVENTS):
        outbox.add("event", "tag", TAG)
    assert outbox.dropped == {"event": 0, "telemetry": 0}
    assert len(store.files) >= OUTBOX_BYTES // 4096 - 1, "not full"
    for name, data in store.files.items():
        (folder / name).write_bytes(data)
    return outbox.counts()["event"]


def crowd(board: BoardProcess) -> None:
    """Lay four cards on a reader; push a cart of 60 boxes into a gate."""
    if board.node == "gate-1":
        for box in BOXES:
            board.send("gate-in", "enter", epc=box)
            board.send("gate-out", "enter", epc=box)
    reader = {"desk-1": "desk", "safe-1": "safe-reader"}.get(board.node)
    if reader:
        for card in CARDS:
            board.send(reader, "place", uid=card)


def delivered(room: Listener, node: str, boot: int) -> list[int]:
    return [seq for lane, b, seq in room.order(node) if lane == "event" and b == boot]


def lost(room: Listener, node: str) -> set[int]:
    """Return the numbers of the old events that the node has told to be lost."""
    reports = [one for one in room.of(node, "event", "node") if one["what"] == "outbox.dropped"]
    reports = [one for one in reports if (one["lane"], one["of_boot"]) == ("event", OLD_BOOT)]
    return {seq for one in reports for seq in range(one["from"], one["to"] + 1)}


def tags(room: Listener, node: str) -> list[dict[str, Any]]:
    """Return the tags read since the board was started."""
    return [one for one in room.of(node, "event", "tag") if one["boot"] != OLD_BOOT]


def waiting(board: BoardProcess) -> list[str]:
    return [path.name for path in (board.directory / "flash").glob("e*.q")]


@pytest.mark.parametrize("transport", ["plain", "tls"])
@pytest.mark.parametrize(("kind", "boxes"), SITUATIONS)
def test_all_that_the_flash_can_hold_is_delivered_once_each_and_in_order(
    kind: str, boxes: bool, board: BoardProcess, room: Listener, gateway: Callable[[], None]
) -> None:
    count = fill(board.directory / "flash")
    assert count == EVENTS
    gateway()
    board.start()
    if boxes or kind != "gate":
        crowd(board)
    every = set(range(1, count + 1))
    wait_for(
        lambda: set(delivered(room, board.node, OLD_BOOT)) | lost(room, board.node) >= every,
        240,
        lambda: told(board, room),
    )
    if boxes:
        # More of them than a gate can follow report without end, and a full outbox has no room for that: it gives up
        # its oldest and says which. What comes is in order and comes once.
        came = delivered(room, board.node, OLD_BOOT)
        assert len(came) > 100 and came == sorted(set(came))
        assert board.resets == 0 and board.running and board.errors() == ""
        assert "heap" not in faults(room, board.node), "it had to wait for room"
        return
    assert delivered(room, board.node, OLD_BOOT) == list(range(1, count + 1))
    # And the flash is free again, for the gateway has said that it has them.
    wait_for(lambda: not waiting(board), 60, lambda: f"{waiting(board)} {told(board, room)}")
    assert board.resets == 0 and board.running
    assert board.errors() == ""
    assert "heap" not in faults(room, board.node), "it had to wait for room"


@pytest.mark.parametrize("kind", ["desk"])
def test_without_heap_for_a_while_delivery_goes_on_by_itself_afterwards(
    kind: str, board: BoardProcess, room: Listener, gateway: Callable[[], None]
) -> None:
    count = fill(board.directory / "flash")
    board.start()
    wait_for(lambda: len(delivered(room, board.node, OLD_BOOT)) > 40, 60, lambda: told(board, room))
    board.send("board", "heap_full", ms=8000)
    wait_for(lambda: outs(board, "heap_full"), 20, "a full heap")
    board.send("desk", "place", uid=UID)
    wait_for(lambda: outs(board, "heap_free"), 60, "room again")
    gateway()
    wait_for(
        lambda: len(set(delivered(room, board.node, OLD_BOOT))) == count,
        240,
        lambda: told(board, room),
    )
    # In order, copies apart: what was under way when the heap was full may come twice, and nothing overtakes.
    seen: list[int] = []
    for seq in delivered(room, board.node, OLD_BOOT):
        if seq not in set(seen):
            seen.append(seq)
    assert seen == list(range(1, count + 1))
    wait_for(lambda: not waiting(board), 60, lambda: f"{waiting(board)} {told(board, room)}")
    # Its reader's task may have failed for want of room, and begins again after a pause.
    wait_for(
        lambda: {one["id"] for one in tags(room, board.node)} == {UID},
        90,
        lambda: f"the card that was laid down meanwhile: {told(board, room)}",
    )
    # Of the heap, or of whichever task met it first: of the reader, or of events that were not kept.
    wait_for(lambda: faults(room, board.node), 60, lambda: f"it is shown: {told(board, room)}")
    boots = {one["boot"] for one in room.of(board.node, "event", "node")}
    assert len(boots) == 1 and board.running, "without a restart"


@pytest.mark.slow
@pytest.mark.parametrize("outbox", ["ordinary", "full"])
@pytest.mark.parametrize("transport", ["plain", "tls"])
@pytest.mark.parametrize(("kind", "boxes"), SITUATIONS)
def test_what_a_busy_node_needs_is_no_more_than_its_board_has(
    kind: str,
    boxes: bool,
    transport: str,
    outbox: str,
    board: BoardProcess,
    room: Listener,
    gateway: Callable[[], None],
) -> None:
    count = 0
    if outbox == "full":  # all of it sent, and no gateway that says it has it
        count = fill(board.directory / "flash")
    else:
        gateway()
    board.start()
    if boxes or kind != "gate":
        crowd(board)
    wait_for(
        # All of it, or as many newer ones: a gate full of boxes goes on reporting and gives up the oldest.
        lambda: (
            len(room.of(board.node, "event")) >= count
            and room.of(board.node, "telemetry", "health")
            and (kind not in ("desk", "safe") or seen(room, board.node) >= len(CARDS))
            and (not boxes or seen(room, board.node) >= 32)
        ),
        240,
        lambda: told(board, room),
    )
    used = [heap_in_use(board) for _ in range(10)]
    heap = int(fleet.heap(board.directory).removesuffix("wK"))
    print(
        f"\nheap: {kind}{', 60 boxes' if boxes else ''}, {transport}, {outbox}: "
        f"{max(used) / 2048:.1f} of {heap} KB of ESP32 words"
    )
    assert 30 < max(used) / 2048 < heap - 1
    assert "heap" not in faults(room, board.node), "it had to wait for room"


def seen(room: Listener, node: str) -> int:
    """Return how many cards or boxes the node has reported since its start."""
    tags = room.of(node, "event", "tag")
    return len({one["id"] for one in tags if one["boot"] != OLD_BOOT})


def heap_in_use(board: BoardProcess) -> int:
    """Return the bytes of the board's heap in use, in its own words of 64 bits, what stands in for chips included."""
    before = sum(out["out"] == "heap" for out in board.outputs())
    board.send("board", "heap")
    told = wait_for(lambda: [out for out in board.outputs() if out["out"] == "heap"][before:], 20)
    return told[0]["emulation"] + told[0]["node"]


def faults(room: Listener, node: str) -> set[str]:
    """Return the devices that the node reported as failed."""
    told = room.of(node, "event", "node")
    return {one["device"] for one in told if one["what"] == "driver.fault"}


def outs(board: BoardProcess, what: str) -> bool:
    return any(out["out"] == what for out in board.outputs())


def told(board: BoardProcess, room: Listener) -> str:
    lines = [out["text"] for out in board.outputs() if out["out"] == "log"]
    return f"{len(room.records)} records, {waiting(board)}, {lines[-30:]}, {board.errors()[-800:]}"
