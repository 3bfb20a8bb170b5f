"""Scenes: small things that happen in a room, each with its stimuli, a line for the onlooker, and
what must follow.

A scene never says what the firmware sends: it moves people, cards, doors and faults, and the real
firmware finds out. Every scene takes its own random generator and its start in ms, so that one
scene's dice never shift another's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from ..script import Stimulus
from . import gate, props
from .cast import Box, Person

STEP_MS = 100
DONE_MS = 1000  # after the last box a person shows the badge again: done


@dataclass(frozen=True)
class Beat:
    """A line for the onlooker: a message of the catalogue with its arguments."""

    at: int
    text: str
    args: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Expect:
    """An alarm that must be raised: its code, what it must be about, from the ms its cause
    happened."""

    at: int
    code: str
    about: str


@dataclass(frozen=True)
class Ask:
    """What somebody asks the gateway for, otherwise than at a sensor. In the body, "$slip" and
    "$loan" stand for the last slip and loan that were spoken of."""

    at: int
    kind: str
    by: str
    body: Mapping[str, object]


@dataclass(frozen=True)
class Scene:
    """What happens, what is told of it, what alarms it must raise, when the loading door stands
    open, and what people ask the gateway for."""

    stimuli: tuple[Stimulus, ...] = ()
    beats: tuple[Beat, ...] = ()
    expects: tuple[Expect, ...] = ()
    airing: tuple[tuple[int, int], ...] = ()
    asks: tuple[Ask, ...] = ()


def ask_for_slip(at: int, who: Person, boxes: tuple[Box, ...], manager: Person) -> Scene:
    """Somebody asks for a slip, and the general manager approves it."""
    body = {"items": [box.id for box in boxes], "purpose": "the story of the demo"}
    asks = (
        Ask(at, "slip.request", who.id, body),
        Ask(at, "slip.approve", manager.id, {"slip": "$slip"}),
    )
    told = Beat(
        at,
        "{manager} approves a loan slip of {name} for {boxes}",
        {"manager": manager.name, "name": who.name, "boxes": _ids(boxes)},
    )
    return Scene(beats=(told,), asks=asks)


def give_back(rng: Random, at: int, who: Person, boxes: tuple[Box, ...]) -> Scene:
    """Boxes that never left the room are given back at the desk."""
    desk = borrow(rng, at, who, boxes)
    told = Beat(at, "{name} gives {boxes} back", {"name": who.name, "boxes": _ids(boxes)})
    return Scene(desk.stimuli, (told,))


def inspect(at: int, who: Person, box: Box, short: int = 0) -> Scene:
    """The archivist counts the pages of a box that was given back; `short` are missing."""
    body = {"item": box.id, "condition": "good", "pages": box.pages - short}
    args = {"name": who.name, "box": box.id, "pages": box.pages, "short": short}
    asks = (Ask(at, "return.inspect", who.id, body),)
    if not short:
        told = Beat(at, "{name} counts the {pages} pages of {box}: nothing is missing", args)
        return Scene(beats=(told,), asks=asks)
    told = Beat(at, "{name} counts the pages of {box}: {short} of {pages} is missing", args)
    return Scene(beats=(told,), expects=(Expect(at, "return.deficient", box.id),), asks=asks)


def settle(at: int, manager: Person, box: Box) -> Scene:
    """What was missing has been put back, and the general manager lets the loan end."""
    body = {"loan": "$loan", "outcome": "made_good", "reason": "the page was put back"}
    told = Beat(
        at,
        "{manager} ends the loan of {box}: the page was put back",
        {"manager": manager.name, "box": box.id},
    )
    return Scene(beats=(told,), asks=(Ask(at, "return.settle", manager.id, body),))


def borrow(rng: Random, at: int, who: Person, boxes: tuple[Box, ...]) -> Scene:
    """A badge, then each box, at the desk, and the badge again: a check-out."""
    stimuli = props.tap(at, props.DESK, "desk", who.badge)
    moment = at + 500 + rng.randrange(300, 600)
    for box in boxes:
        stimuli += props.tap(moment, props.DESK, "desk", box.hf)
        moment += 500 + rng.randrange(300, 600)
    stimuli += props.tap(moment + DONE_MS, props.DESK, "desk", who.badge)
    told = Beat(
        at,
        "{name} shows a badge at the desk and takes out {boxes}",
        {"name": who.name, "boxes": _ids(boxes)},
    )
    return Scene(tuple(stimuli), (told,))


def borrow_stack(rng: Random, at: int, who: Person, boxes: tuple[Box, ...]) -> Scene:
    """A badge, then a stack of boxes laid on the reader together: their tags collide."""
    moment = at + 500 + rng.randrange(300, 600)
    stimuli = props.tap(at, props.DESK, "desk", who.badge)
    for box in boxes:
        stimuli += props.tap(moment, props.DESK, "desk", box.hf, 1200)
    told = Beat(
        at,
        "{name} lays {boxes} on the reader as one stack: their tags collide",
        {"name": who.name, "boxes": _ids(boxes)},
    )
    return Scene(tuple(stimuli), (told,))


def leave_with_leave(rng: Random, at: int, who: Person, boxes: tuple[Box, ...]) -> Scene:
    """Boxes that were taken out go through the gate: nobody is to be troubled."""
    told = Beat(
        at,
        "{name} walks out with {boxes}, on leave: no alarm is due",
        {"name": who.name, "boxes": _ids(boxes)},
    )
    return Scene(_carried(rng, at, boxes, outward=True), (told,))


def walk_out(rng: Random, at: int, box: Box) -> Scene:
    """A box goes through the gate that nobody took out."""
    speed = rng.uniform(1.0, 1.5)
    crossing = at + int(1000 * 3.0 / speed)
    told = Beat(at, "somebody walks out with {box}, without leave", {"box": box.id})
    return Scene(
        _carried(rng, at, (box,), outward=True, speed=speed),
        (told,),
        (Expect(crossing, "exit.no_leave", box.id),),
    )


def come_back(rng: Random, at: int, who: Person, boxes: tuple[Box, ...]) -> Scene:
    """Boxes are carried in through the gate, then given back at the desk."""
    inward = _carried(rng, at, boxes, outward=False)
    desk = borrow(rng, at + 6500, who, boxes)
    told = Beat(at, "{name} brings {boxes} back", {"name": who.name, "boxes": _ids(boxes)})
    return Scene((*inward, *desk.stimuli), (told,))


def lie_near_gate(rng: Random, at: int, box: Box, ms: int = 4000) -> Scene:
    """A box is put down inside, near the gate: stray reads, and no crossing."""
    told = Beat(at, "{box} is put down near the gate: stray reads, no alarm", {"box": box.id})
    return Scene(_heard(at, box, gate.lie(rng, ms / 1000.0)), (told,))


def turn_back(rng: Random, at: int, box: Box) -> Scene:
    """Somebody walks up to the gate with a box and goes back."""
    told = Beat(at, "{box} is carried up to the gate and back again: no alarm", {"box": box.id})
    return Scene(_heard(at, box, gate.turn_back(rng)), (told,))


def unknown_badge(rng: Random, at: int, who: Person) -> Scene:
    """A badge that no register holds is shown at the desk."""
    stimuli = props.tap(at, props.DESK, "desk", who.badge, 500 + rng.randrange(300))
    told = Beat(at, "a visitor shows an unknown badge at the desk", {})
    return Scene(tuple(stimuli), (told,), (Expect(at, "badge.unknown", who.badge),))


def open_safe(at: int, who: Person, ms: int = 2000) -> Scene:
    """One person badges at the safe and opens it at this hour, which takes two."""
    stimuli = [
        *props.tap(at, props.SAFE, "safe-reader", who.badge),
        props.door(at + 800, props.SAFE, "safe-door", True),
        props.door(at + 800 + ms, props.SAFE, "safe-door", False),
    ]
    told = Beat(at, "{name} opens the safe alone, outside hours", {"name": who.name})
    expects = (
        Expect(at + 800, "safe.outside_hours", props.SAFE),
        Expect(at + 800, "safe.one_person", who.id),
    )
    return Scene(tuple(stimuli), (told,), expects)


def damp_air(at: int, ms: int) -> Scene:
    """The loading door stands open while a warm rain falls; the air that comes in is over the
    band."""
    told = (
        Beat(at, "warm rain outside: the loading door is left open", {}),
        Beat(at + ms, "the loading door is shut", {}),
    )
    return Scene((), told, (Expect(at, "climate.humidity_high", ""),), ((at, at + ms),))


def lost_sensor(at: int, device: str, ms: int) -> Scene:
    """A climate sensor answers with checksums that do not fit, until its plug is pressed home."""
    told = Beat(at, "{device} answers with wrong checksums", {"device": device})
    return Scene(
        tuple(props.fault(at, props.CLIMATE, device, "crc", ms)),
        (told,),
        (Expect(at, "sensor.lost", device),),
    )


def power_loss(at: int, node: str, ms: int) -> Scene:
    """A node loses its power and has it back later."""
    told = (
        Beat(at, "{node} loses its power", {"node": node}),
        Beat(at + ms, "{node} has its power back", {"node": node}),
    )
    return Scene(tuple(props.power_cut(at, node, ms)), told, (Expect(at, "node.silent", node),))


def cut_off(at: int, node: str, ms: int, meanwhile: Scene) -> Scene:
    """A node's network is cut while something happens at it; what it sensed must arrive later."""
    told = (
        Beat(at, "the network of {node} is cut", {"node": node}),
        *meanwhile.beats,
        Beat(at + ms, "the network of {node} is back", {"node": node}),
    )
    cut = props.network_cut(at, node, ms)
    return Scene((*cut, *meanwhile.stimuli), told, meanwhile.expects)


def broken_frames(at: int, reader: str, ms: int) -> Scene:
    """The serial frames of a gate reader arrive in pieces, as over a long cable."""
    told = Beat(at, "the serial frames of {reader} arrive in pieces", {"reader": reader})
    return Scene(tuple(props.fault(at, props.GATE, reader, "split", ms)), (told,))


def deaf_reader(at: int, node: str, reader: str, ms: int) -> Scene:
    """A card reader stops answering to cards, as they do after weeks in the field."""
    told = Beat(at, "{reader} of {node} has gone deaf", {"reader": reader, "node": node})
    lost = Expect(at, "sensor.lost", reader)
    return Scene(tuple(props.fault(at, node, reader, "deaf", ms)), (told,), (lost,))


def move_shelf(at: int, number: int, start: int, end: int, speed: int = 120) -> Scene:
    """Somebody turns the wheel: a carriage rolls from one place to another at some mm/s."""
    way = end - start
    steps = max(1, abs(way) * 1000 // speed // STEP_MS)
    stimuli = tuple(
        props.carriage(at + step * STEP_MS, number, start + way * step // steps)
        for step in range(1, steps + 1)
    )
    told = Beat(
        at,
        "carriage {number} is rolled to {mm} mm",
        {"number": number + 1, "mm": end},
    )
    return Scene(stimuli, (told,))


def roll_and_return(at: int, number: int, start: int, end: int) -> Scene:
    """A carriage is rolled open and, a second later, back again."""
    there = move_shelf(at, number, start, end, speed=250)
    back = move_shelf(there.stimuli[-1].at + 1000, number, end, start, speed=250)
    return together([there, back])


def together(scenes: list[Scene]) -> Scene:
    """Return several scenes as one, in the order of time."""

    def gathered(part: Callable[[Scene], tuple]) -> list:  # type: ignore[type-arg]
        return [item for scene in scenes for item in part(scene)]

    return Scene(
        tuple(sorted(gathered(lambda scene: scene.stimuli), key=lambda item: item.at)),
        tuple(sorted(gathered(lambda scene: scene.beats), key=lambda item: item.at)),
        tuple(sorted(gathered(lambda scene: scene.expects), key=lambda item: item.at)),
        tuple(sorted(gathered(lambda scene: scene.airing))),
        tuple(sorted(gathered(lambda scene: scene.asks), key=lambda item: item.at)),
    )


def _carried(
    rng: Random, at: int, boxes: tuple[Box, ...], outward: bool, speed: float | None = None
) -> tuple[Stimulus, ...]:
    pace = speed if speed is not None else rng.uniform(1.0, 1.5)
    return tuple(
        stimulus for box in boxes for stimulus in _heard(at, box, gate.walk(rng, pace, outward))
    )


def _heard(at: int, box: Box, reads: list[gate.Heard]) -> tuple[Stimulus, ...]:
    return tuple(props.heard(at + read.at, read.antenna, box.uhf, read.rssi) for read in reads)


def _ids(boxes: tuple[Box, ...]) -> str:
    return ", ".join(box.id for box in boxes)
