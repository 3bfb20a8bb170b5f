"""What the types cannot say of desks, safes, patrols and the register: nothing has two tasks."""

from collections.abc import Iterator, Sequence

from ..config_check import Problem
from ..register.section import Item, Person
from .sections import Config


def custody_problems(
    config: Config, people: Sequence[Person], items: Sequence[Item]
) -> Iterator[Problem]:
    """Yield what contradicts itself."""
    yield from _readers(config)
    yield from _patrols(config)
    yield from _done_tags(config, people, items)
    for n, item in enumerate(items):
        if item.kind == "certificate" and item.parent is not None:
            yield Problem(f"item[{n}].parent", "config.certificate_in_box", {"value": item.id})


def _readers(config: Config) -> Iterator[Problem]:
    """A badge at the reader of a safe opens the safe: it must not begin a session at a desk too."""
    tasks = {f"{d.node}/{d.reader}": f"desk {d.id}" for d in config.desk}
    tasks |= {f"{g.node}/{g.reader}": f"gate {g.id}" for g in config.gate}
    for n, safe in enumerate(config.safe):
        for reader in safe.readers:
            name = f"{safe.node}/{reader}"
            other = tasks.setdefault(name, f"safe {safe.id}")
            if other != f"safe {safe.id}":
                params = {"value": name, "other": other}
                yield Problem(f"safe[{n}].readers", "config.reader_twice", params)


def _patrols(config: Config) -> Iterator[Problem]:
    """A badge at a point counts for one patrol; which, if it was in two, nobody could say."""
    known = {point.id for point in config.patrol_point}
    of: dict[str, str] = {}
    for n, patrol in enumerate(config.patrol):
        for point in patrol.points:
            if point not in known:
                yield Problem(f"patrol[{n}].points", "config.no_point", {"value": point})
            other = of.setdefault(point, patrol.id)
            if other != patrol.id:
                params = {"value": point, "other": other}
                yield Problem(f"patrol[{n}].points", "config.point_twice", params)


def _done_tags(
    config: Config, people: Sequence[Person], items: Sequence[Item]
) -> Iterator[Problem]:
    """A card that ends sessions is nobody's badge: they could never begin one."""
    taken = {tag for item in items for tag in item.tags}
    taken |= {badge for person in people for badge in person.badges}
    for n, desk in enumerate(config.desk):
        for tag in desk.done_tags:
            if tag in taken:
                yield Problem(f"desk[{n}].done_tags", "config.done_tag", {"value": tag})
