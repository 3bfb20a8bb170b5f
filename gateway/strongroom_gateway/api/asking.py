"""What every route needs of a request."""

from typing import Annotated

from fastapi import Depends, Query, Request

from ..i18n import negotiate
from .source import Operator, Source


def _source(request: Request) -> Source:
    found: Source = request.app.state.source
    return found


def _operator(request: Request) -> Operator:
    found: Operator = request.app.state.operator
    return found


def language(request: Request) -> str:
    """Return the language a request is answered in: as it asks, else that of the room."""
    default = _source(request).settings.config.room.language
    return negotiate(request.headers.get("accept-language"), default)


TheSource = Annotated[Source, Depends(_source)]
TheOperator = Annotated[Operator, Depends(_operator)]
Language = Annotated[str, Depends(language)]
Limit = Annotated[int, Query(ge=1, le=500, description="Most to return.")]
AfterIdx = Annotated[int, Query(ge=-1, lt=2**62, description="Return what lies behind this index.")]
AfterName = Annotated[str, Query(max_length=200, description="Return what lies behind this name.")]
Newest = Annotated[bool, Query(description="Return the last ones, newest first.")]
