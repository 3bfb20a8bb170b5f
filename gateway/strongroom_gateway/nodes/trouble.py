"""What the rules about nodes tell the others."""

from typing import Final

from ..room.effects import Tell

TROUBLE: Final = "node.trouble"


def told(node: str) -> Tell:
    """Return the word that a node was lost or found, or a device of it: look at what it is now."""
    return Tell(TROUBLE, node, None)
