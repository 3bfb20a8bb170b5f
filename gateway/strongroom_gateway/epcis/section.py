"""The section [epcis] of the configuration."""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta

from ..config_check import Problem
from ..section import Section

Digits = Annotated[str, Meta(pattern=r"^[0-9]{0,6}$")]
REFERENCES = ("box_type", "document_type", "location", "party")


class EpcisSection(Section, frozen=True):
    """What this site's things are called outside. `base` is an address that the site will keep.

    With a GS1 `company_prefix`, what has a reference below gets GS1 keys: boxes a GRAI of
    `box_type`, volumes and certificates a GDTI of `document_type`, places an SGLN of `location`,
    the company a PGLN of `party`. All else goes by an address under `base`.
    """

    base: Annotated[str, Meta(pattern=r"^https?://[^\s?#]+/$", max_length=200)]
    company_prefix: Annotated[str, Meta(pattern=r"^[0-9]{6,12}$")] | None = None
    box_type: Digits | None = None
    document_type: Digits | None = None
    location: Digits | None = None
    party: Digits | None = None
    form: Literal["link", "urn"] = "link"
    people: bool = True


def problems(section: EpcisSection) -> Iterator[Problem]:
    """Say what is wrong with GS1 keys: a prefix and a reference have twelve digits together."""
    prefix = section.company_prefix
    for name in REFERENCES:
        reference = getattr(section, name)
        if reference is None:
            continue
        if prefix is None:
            yield Problem(f"epcis.{name}", "config.epcis_no_prefix", {})
        elif len(prefix) + len(reference) != 12:
            wanted = {"digits": 12 - len(prefix), "prefix": prefix}
            yield Problem(f"epcis.{name}", "config.epcis_digits", wanted)
