"""A file that is refused, with the reason and the option that settles it."""

from ...errors import StrongroomError


class ImportRefusedError(StrongroomError):
    """The file cannot be read for certain; the text says why and which option would settle it."""
