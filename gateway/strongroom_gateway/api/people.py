"""What people do otherwise than at a sensor. These routes exist on the local socket alone."""

from typing import Any

from fastapi import APIRouter

from .asking import TheOperator
from .models import ActAsked, ActDone, ActsPage, ActView, Refusal

_ANSWERS: dict[int | str, dict[str, Any]] = {
    404: {"model": Refusal, "description": "There is no such act."},
    409: {"model": Refusal, "description": "It is not allowed, or not possible as things are."},
    503: {"model": Refusal, "description": "The record does not take it now; ask again."},
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
def perform(operator: TheOperator, kind: str, asked: ActAsked) -> ActDone:
    """Do it wholly, or refuse it in words; the answer comes once it is on the disk."""
    return ActDone(entries=[dict(e) for e in operator.act(kind, asked.by, asked.body)])
