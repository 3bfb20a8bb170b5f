"""Items that change hands or place."""

from ..mapping import Maps

TABLE = (
    Maps(
        kind="movement.check_out",
        step="picking",
        disposition="unavailable",
        read_point=("desk", "safe"),
        slip=("slip",),
        possessor=("holder",),
    ),
    Maps(
        kind="movement.handed_in",
        step="receiving",
        disposition="returned",
        read_point=("desk", "safe"),
        slip=("slip",),
    ),
    # Back in the custody of its place, after the inspection where there is one.
    Maps(
        kind="movement.return",
        step="storing",
        disposition="available",
        read_point=("desk", "safe"),
        location=("place",),
        slip=("slip",),
    ),
    Maps(
        kind="movement.accepted",
        step="accepting",
        disposition="conformant",
        read_point=("safe",),
        possessor=("holder",),
    ),
    Maps(
        kind="movement.safe_in",
        step="storing",
        disposition="available",
        read_point=("safe",),
        location=("place",),
    ),
    Maps(
        kind="movement.filed",
        step="storing",
        disposition="available",
        location=("place",),
    ),
    Maps(
        kind="movement.found",
        step="stock_taking",
        disposition="available",
        location=("place",),
    ),
    Maps(
        kind="movement.missing",
        step="inspecting",
        disposition="unknown",
        slip=("slip",),
    ),
    # A customer at a shop's door is what CBV means by entering_exiting; nothing else comes nearer.
    Maps(
        kind="movement.exit",
        step="entering_exiting",
        disposition="unavailable",
        read_point=("gate",),
        slip=("slip", "why.leave.slip"),
        possessor=("holder",),
    ),
    Maps(
        kind="movement.exit_without_leave",
        step="entering_exiting",
        disposition="unknown",
        read_point=("gate",),
    ),
    Maps(
        kind="movement.return_pending",
        step="entering_exiting",
        disposition="in_progress",
        read_point=("gate",),
    ),
)
