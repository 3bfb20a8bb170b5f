"""Climate: the room held inside its limits, each of which names its source."""
