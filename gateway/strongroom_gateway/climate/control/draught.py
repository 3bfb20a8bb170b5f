"""What an open door is about to make of the air: a need that is seen coming need not have come.

A hygrostat learns of a door in the damp when the air is damp. Where a contact says that the door is
open and a sensor what the air outside is like, the machine starts with it.
"""

from typing import Final

from .demand import Edges
from .moist import vapour
from .state import Air

_VAPOUR: Final = 300.0  # Pa between indoors and outdoors that a door makes felt within minutes
_WARMTH: Final = 5.0  # K


def coming(air: Air, felt: Air, outdoor: Air, found: Edges) -> tuple[str, ...]:
    """Return the demands that outdoor air coming in is about to make.

    Only where the room is not well inside already: as far in as a demand would bring it.
    """
    more = vapour(outdoor.t, outdoor.rh) - vapour(air.t, air.rh)
    warmer = outdoor.t - air.t
    demands = []
    if warmer > _WARMTH and felt.t > found.hot.end:
        demands.append("hot")
    if warmer < -_WARMTH and felt.t < found.cold.end:
        demands.append("cold")
    if more > _VAPOUR and felt.rh > found.wet.end:
        demands.append("wet")
    if more < -_VAPOUR and felt.rh < found.dry.end:
        demands.append("dry")
    return tuple(demands)
