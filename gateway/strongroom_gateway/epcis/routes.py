"""Movements as EPCIS 2.0 over HTTP, page by page."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from ..api.asking import AfterIdx, Language, TheSource
from ..api.models import Refusal
from ..api.source import Source
from ..hours import zone
from ..i18n import text
from .events import Event, Teller
from .export import Export, Span, document, surveyed
from .naming import Naming
from .reading import Ledger
from .section import EpcisSection

_ANSWERS: dict[int | str, dict[str, Any]] = {
    409: {"model": Refusal, "description": "The site has not said what its things are called."},
    503: {"model": Refusal, "description": "The record cannot be read now."},
}


class EpcisBody(BaseModel):
    """The events."""

    eventList: list[dict[str, Any]]  # noqa: N815  # the standard's name


class EpcisDocument(BaseModel):
    """A document of EPCIS 2.0, as its own schema describes it."""

    model_config = ConfigDict(populate_by_name=True)

    context: Annotated[list[str | dict[str, str]], Field(alias="@context")]
    type: str
    schemaVersion: str  # noqa: N815  # the standard's name
    creationDate: str  # noqa: N815  # the standard's name
    epcisBody: EpcisBody  # noqa: N815  # the standard's name


class EpcisReport(BaseModel):
    """What an export of the whole ledger tells and leaves out, in entries by kind."""

    told: Annotated[
        dict[str, int], Field(description="With those of item.registered that name no tag.")
    ]
    silent: Annotated[dict[str, int], Field(description="No event on purpose.")]
    unmapped: Annotated[dict[str, int], Field(description="Of custody, but of an unknown kind.")]


api = APIRouter(tags=["epcis"], prefix="/epcis")


@api.get("", response_model=EpcisDocument, responses=_ANSWERS)
def epcis(
    request: Request,
    source: TheSource,
    language: Language,
    after: AfterIdx = -1,
    limit: Annotated[
        int, Query(ge=1, le=500, description="Most entries to tell; one may be two events.")
    ] = 100,
) -> JSONResponse:
    """Return the events of the entries behind an index, as an EPCIS document.

    The header `Link` names the next page; it is missing when the ledger ends with this one.
    """
    with _export(source, language, after) as (naming, export):
        events: list[Event] = []
        entries = export.entries()
        more = False
        for told, entry in enumerate(entries):
            if told == limit:
                more = True
                break
            events += export.of(entry)
            after = entry.idx
    headers = {}
    if more:
        following = request.url.include_query_params(after=after, limit=limit)
        headers["link"] = f'<{following}>; rel="next"'
    now = time.time_ns() // 1_000_000
    return JSONResponse(document(naming, now, events), headers=headers)


@api.get("/report", responses=_ANSWERS)
def epcis_report(source: TheSource, language: Language) -> EpcisReport:
    """Return what an export of the whole ledger tells and what it leaves out."""
    _site(source, language)
    with closing(Ledger(source.settings.config.ledger.path)) as ledger:
        told, silent, unmapped = surveyed(ledger)
    return EpcisReport(told=told, silent=silent, unmapped=unmapped)


@contextmanager
def _export(source: Source, language: str, after: int) -> Iterator[tuple[Naming, Export]]:
    site = _site(source, language)
    config = source.settings.config
    with closing(Ledger(config.ledger.path)) as ledger:
        naming = Naming(site, ledger.kind_of)
        teller = Teller(naming, zone(config.room.time_zone), ledger.tree)
        yield naming, Export(ledger, teller, Span(after=after))


def _site(source: Source, language: str) -> EpcisSection:
    site = source.settings.config.epcis
    if site is None:
        raise HTTPException(409, text("epcis.not_set", {}, language))
    return site
