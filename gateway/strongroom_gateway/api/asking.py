"""What every route needs of a request."""

from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response

from ..i18n import negotiate, text
from ..ingest.asked import Answer
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


def recorded(done: Answer, response: Response, tongue: str) -> dict[str, Any]:
    """Return what an answer says of the disk (`models.Recorded`): 202 for what is not on it yet."""
    if done.recorded:
        return {"id": done.id}
    response.status_code = 202
    said = text("act.not_yet", {"id": done.id}, tongue)
    return {"id": done.id, "recorded": False, "detail": said}


TheSource = Annotated[Source, Depends(_source)]
TheOperator = Annotated[Operator, Depends(_operator)]
Language = Annotated[str, Depends(language)]
Limit = Annotated[int, Query(ge=1, le=500, description="Most to return.")]
AfterIdx = Annotated[int, Query(ge=-1, lt=2**62, description="Return what lies behind this index.")]
AfterName = Annotated[str, Query(max_length=200, description="Return what lies behind this name.")]
Newest = Annotated[bool, Query(description="Return the last ones, newest first.")]
