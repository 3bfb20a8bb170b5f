"""What people do otherwise than at a sensor. These routes exist on the local socket alone."""

from typing import Any

from fastapi import APIRouter, Response

from .asking import Language, TheOperator, recorded
from .models import ActAsked, ActDone, ActsPage, ActView, Refusal

_ANSWERS: dict[int | str, dict[str, Any]] = {
    202: {
        "model": ActDone,
        "description": "Accepted, but not yet on the disk: ask again with the id of this answer.",
    },
    404: {"model": Refusal, "description": "There is no such act."},
    409: {"model": Refusal, "description": "It is not allowed, or not possible as things are."},
    503: {"model": Refusal, "description": "The record does not take it now; nothing was done."},
}

api = APIRouter(tags=["acts"], prefix="/acts")


@api.get("")
def acts(operator: TheOperator) -> ActsPage:
    """Return everything that can be asked for, and whose it is."""
    return ActsPage(
        acts=[
            ActView(kind=a.kind, roles=list(a.roles), local=a.local)
            for a in operator.acts().values()
        ]
    )


@api.post("/{kind}", responses=_ANSWERS)
def perform(
    operator: TheOperator, response: Response, tongue: Language, kind: str, asked: ActAsked
) -> ActDone:
    """Do it wholly, or refuse it in words; the answer comes once it is on the disk.

    With an `id` it is done once, however often it is asked for: who got no answer asks again. An id
    is remembered for a day.
    """
    done = operator.act(kind, asked.by, asked.body, asked.id)
    return ActDone(entries=[dict(e) for e in done.entries], **recorded(done, response, tongue))
