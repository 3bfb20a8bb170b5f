"""Items that come into being, get a tag and are packed."""

from ..mapping import Maps, Silent

TABLE = (
    # The register says an item anew, whole, whenever something of it changes; its tags with it.
    Maps(
        kind="item.registered",
        step="commissioning",
        action="ADD",
        disposition="active",
        items=("item.id",),
        tags=("item.tags[]",),
        only=("item.tags[]",),
    ),
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
    Silent(kind="item.numbered", because="a number is given in the books"),
)
