"""The pages hang together: links lead somewhere, decisions have their parts, libraries their reason."""

import re
import tomllib
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest
from support.markdown import anchors, codes, documents, headings, links, rows
from support.needs import REPOSITORY

DECISIONS = REPOSITORY / "docs" / "decisions"


def named(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


@pytest.mark.parametrize("path", documents(), ids=named)
def test_links_inside_the_project_lead_somewhere(path: Path) -> None:
    for target in links(path):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        assert found.exists(), f"{named(path)}: {target}"
        assert REPOSITORY in found.parents, f"{named(path)}: {target} leads out of the project"
        if anchor:
            assert anchor in anchors(found), f"{named(path)}: {target}"


def test_every_page_of_the_manual_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [REPOSITORY / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or not page.exists():
            continue
        reached.add(page)
        for target in links(page):
            found = (page.parent / target.partition("#")[0]).resolve()
            if found.is_dir():
                waiting += found.glob("*.md")
            elif found.suffix == ".md":
                waiting.append(found)
    manual = {page for page in documents() if page.parent.name in ("docs", "decisions")}
    assert manual - reached == set()


def test_decisions_are_numbered_and_say_why_and_what_follows() -> None:
    records = sorted(path for path in DECISIONS.glob("*.md") if path.name != "README.md")
    numbers = [path.name[:4] for path in records]
    assert len(records) >= 7
    assert len(set(numbers)) == len(numbers)
    for path in records:
        assert headings(path, 1)[0].startswith(path.name[:4]), named(path)
        for part in ("**Context.**", "**Decision.**", "**Consequences.**"):
            assert part in path.read_text(), f"{named(path)} has no {part}"
        listed = (DECISIONS / "README.md").read_text()
        assert f"({path.name})" in listed, f"{named(path)} is not in decisions/README.md"


def requirements() -> list[str]:
    """Return the libraries that run in a room: not the project's own, not the tools of developers."""
    found = set()
    for folder in ("gateway", "firmware", "demo"):
        project = tomllib.loads((REPOSITORY / folder / "pyproject.toml").read_text())["project"]
        extras = project.get("optional-dependencies", {})
        for requirement in [
            *project["dependencies"],
            *(one for all_ in extras.values() for one in all_),
        ]:
            name = re.match(r"[A-Za-z0-9._-]+", requirement)
            assert name is not None
            found.add(name[0].lower())
    return sorted(name for name in found if not name.startswith("strongroom"))


@pytest.mark.parametrize("library", requirements())
def test_each_library_has_a_reason_and_a_licence_on_record(library: str) -> None:
    page = DECISIONS / "0005-dependencies.md"
    found = [row for row in rows(page) if codes(row[0]) == [library]]
    assert len(found) == 1, f"decisions/0005 does not tell why {library} is used"
    _, licence, reason = found[0]
    assert len(reason.split()) >= 4, f"{library} has no reason"
    with suppress(PackageNotFoundError):  # those of the Raspberry Pi are not installed everywhere
        said = metadata(library)
        assert licence.startswith(said["License-Expression"] or said["License"]), library


def test_no_library_is_on_record_that_is_not_used() -> None:
    page = DECISIONS / "0005-dependencies.md"
    listed = {codes(row[0])[0] for row in rows(page) if codes(row[0])}
    assert listed == set(requirements())
