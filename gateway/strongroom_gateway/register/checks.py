"""Whether what is to be registered can be: ids, tags and numbers belong to one alone."""

from typing import TypeVar

import msgspec

from ..errors import RefusedActError
from ..room.context import Context
from ..room.model import Item, Person, Place
from ..room.rows import Row
from ..sections import Item as ItemSection
from ..sections import Person as PersonSection
from ..sections import Place as PlaceSection

_DEEPEST = 32
_R = TypeVar("_R", bound=Row)

_SECTIONS: dict[str, type[ItemSection | PersonSection | PlaceSection]] = {
    "person": PersonSection,
    "item": ItemSection,
    "place": PlaceSection,
}


def person(given: dict[str, object], ctx: Context, taken: dict[str, str]) -> Person:
    """Return the person to register; RefusedActError says why not.

    `taken` maps tags and numbers that others of the same act have to who has them.
    """
    checked = _typed(given, "person", Person)
    _own_tags(checked.badges, f"person/{checked.id}", ctx, taken)
    return checked


def item(given: dict[str, object], ctx: Context, taken: dict[str, str]) -> Item:
    """Return the item to register; RefusedActError says why not."""
    checked = _typed(given, "item", Item)
    was = ctx.item(checked.id)
    if was is not None and was.number is not None and was.number != checked.number:
        raise RefusedActError("act.number_fixed", {"item": was.id, "number": was.number})
    if checked.number is not None:
        holder = taken.get(f"number/{checked.number}") or ctx.rows.points("number", checked.number)
        if holder not in (None, checked.id):
            raise RefusedActError("act.number_taken", {"number": checked.number, "by": holder})
    if checked.kind == "certificate":
        if checked.certificate is None:
            raise RefusedActError("act.certificate_kind", {"item": checked.id})
        if checked.parent is not None:
            raise RefusedActError("act.certificate_in_box", {"item": checked.id})
    elif checked.certificate is not None:
        raise RefusedActError("act.no_certificate", {"item": checked.id, "kind": checked.kind})
    if checked.home is not None and ctx.place(checked.home) is None:
        raise RefusedActError("act.unknown_place", {"place": checked.home})
    _inside(checked, ctx)
    _own_tags(checked.tags, f"item/{checked.id}", ctx, taken)
    if checked.number is not None:
        taken[f"number/{checked.number}"] = checked.id
    return checked


def place(given: dict[str, object], ctx: Context, taken: dict[str, str]) -> Place:
    """Return the place to register; RefusedActError says why not."""
    checked = _typed(given, "place", Place)
    if checked.custodian is not None and ctx.person(checked.custodian) is None:
        raise RefusedActError("act.unknown_person", {"person": checked.custodian})
    above = checked.parent
    for _ in range(_DEEPEST):
        if above is None:
            return checked
        if above == checked.id:
            break
        found = ctx.place(above)
        if found is None and f"place/{above}" not in taken:
            raise RefusedActError("act.unknown_place", {"place": above})
        above = None if found is None else found.parent
    raise RefusedActError("act.inside_itself", {"what": checked.id})


def _inside(item: Item, ctx: Context) -> None:
    above = item.parent
    for _ in range(_DEEPEST):
        if above is None:
            return
        if above == item.id:
            break
        found = ctx.item(above)
        if found is None:
            raise RefusedActError("act.unknown_item", {"item": above})
        if found.kind == "certificate":
            raise RefusedActError("act.in_certificate", {"item": item.id})
        above = found.parent
    raise RefusedActError("act.inside_itself", {"what": item.id})


def _own_tags(tags: tuple[str, ...], owner: str, ctx: Context, taken: dict[str, str]) -> None:
    for tag in tags:
        holder = taken.get(f"tag/{tag}") or ctx.tag_owner(tag)
        if holder not in ("", owner):
            raise RefusedActError("act.tag_taken", {"tag": tag, "by": holder})
    for tag in tags:
        taken[f"tag/{tag}"] = owner


def _typed(given: dict[str, object], kind: str, row: type[_R]) -> _R:
    try:
        section = msgspec.convert(given, _SECTIONS[kind])
    except msgspec.ValidationError as bad:
        raise RefusedActError("act.bad_body", {"reason": str(bad)}) from bad
    return msgspec.convert(msgspec.to_builtins(section), row)
