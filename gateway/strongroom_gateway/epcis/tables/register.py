"""Items that come into being, get a tag, are packed and put in their place."""

from ..mapping import Maps, Silent

TABLE = (
    Silent(kind="item.registered", because="a line in the books; it is there once a tag is bound"),
    Maps(
        kind="tag.bound",
        step="commissioning",
        action="ADD",
        disposition="active",
        read_point=("desk",),
        tags=("tag", "tags[]"),
    ),
    Maps(
        kind="item.packed",
        step="packing",
        action="ADD",
        disposition="container_closed",
        items=("items[]", "item"),
        parent=("parent", "box"),
        location=("place",),
    ),
    Maps(
        kind="item.filed",
        step="storing",
        disposition="available",
        location=("place",),
    ),
)
