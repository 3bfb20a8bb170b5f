"""Answers to requests that are not as the description says."""

import json

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError


def malformed(request: Request, error: RequestValidationError) -> Response:
    """Say what is wrong where; not what was sent, which may be of any size, or half of a sign that
    no answer can carry.
    """
    detail = [{key: one[key] for key in ("type", "loc", "msg")} for one in error.errors()]
    return Response(json.dumps({"detail": detail}), 422, media_type="application/json")
