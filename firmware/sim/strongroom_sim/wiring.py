"""Where `machine` and `network` of a board find its chips when those are in another process."""

far = None  # a far.Far
