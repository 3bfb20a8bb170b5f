"""The applications: one to read over HTTP, one to act over the local socket."""

import sqlite3
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..alarms.book import UnknownAlarmError
from ..alarms.isa182 import RefusedError
from ..epcis import routes as epcis
from ..errors import LedgerError, RefusedActError, UnknownActError
from ..i18n import text
from . import acts, find, history, loans, people, proofs, reach, reads, safes, stocktakes, transfers
from .asking import language
from .body_limit import MOST_BYTES, UNREAD, BodyLimit
from .malformed import malformed
from .page import page
from .source import Operator, Source

API = "/api/v1"
_READS = (
    reads.api,
    find.api,
    reach.api,
    loans.api,
    history.api,
    proofs.api,
    safes.api,
    transfers.api,
    stocktakes.api,
    epcis.api,
)
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class SecurityHeaders:
    """Adds headers that keep a browser from doing more with an answer than show it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with the headers added to the start of the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", []).extend(_HEADERS)
            await send(message)

        await self.app(scope, receive, with_headers)


def read_app(source: Source, hosts: list[str]) -> FastAPI:
    """Return the application that only reads. `hosts` are the names it may be asked by.

    The check of names keeps a page of a foreign site from reading it through the visitor's browser.
    """
    app = _bare("Strongroom", "What a room's gateway knows: read-only.", source)
    _include_reads(app)

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return HTMLResponse(page(app.openapi()))

    app.add_middleware(BodyLimit, most=UNREAD)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)
    app.add_middleware(SecurityHeaders)
    return app


def admin_app(source: Source, operator: Operator) -> FastAPI:
    """Return the application of the local socket: reads, and people's acts on alarms."""
    app = _bare("Strongroom, local", "Acts on alarms, over a socket of this machine.", source)
    app.state.operator = operator
    _include_reads(app)
    app.include_router(acts.api, prefix=API)
    app.include_router(people.api, prefix=API)
    app.include_router(proofs.acts, prefix=API)
    app.add_middleware(BodyLimit, most=MOST_BYTES)
    return app


def _include_reads(app: FastAPI) -> None:
    """Both applications read the same."""
    for router in _READS:
        app.include_router(router, prefix=API)
    app.include_router(reads.outside)


def _bare(title: str, description: str, source: Source) -> FastAPI:
    app = FastAPI(
        title=title,
        description=description,
        version=version("strongroom"),
        openapi_url=f"{API}/openapi.json",
        docs_url=None,  # the ready-made pages load scripts from elsewhere; ours is at /docs
        redoc_url=None,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        servers=[{"url": "/"}],
        generate_unique_id_function=_operation,
    )
    app.state.source = source
    answers: list[tuple[type[Exception], Callable[[Request, Any], Response]]] = [
        (UnknownAlarmError, _unknown),
        (RequestValidationError, malformed),
        (RefusedError, _refused),
        (RefusedActError, _refused_act),
        (UnknownActError, _unknown_act),
        (sqlite3.Error, _no_record),
        (LedgerError, _no_record),
    ]
    for error, answer in answers:
        app.add_exception_handler(error, answer)
    return app


def _operation(route: Any) -> str:
    return str(route.name)


def _unknown(request: Request, error: UnknownAlarmError) -> JSONResponse:
    said = text("alarm.unknown", {"alarm": str(error)}, language(request))
    return JSONResponse({"detail": said}, 404)


def _refused(request: Request, error: RefusedError) -> JSONResponse:
    tongue = language(request)
    state = text(f"state.{error.state.value}", {}, tongue)
    said = text(error.key, {"state": state, **error.params}, tongue)
    return JSONResponse({"detail": said}, 409)


def _refused_act(request: Request, error: RefusedActError) -> JSONResponse:
    return JSONResponse({"detail": text(error.key, error.params, language(request))}, 409)


def _unknown_act(request: Request, error: UnknownActError) -> JSONResponse:
    said = text("act.unknown", {"act": str(error)}, language(request))
    return JSONResponse({"detail": said}, 404)


def _no_record(request: Request, error: Exception) -> JSONResponse:
    said = text("health.not_recording", {"reason": str(error)}, language(request))
    return JSONResponse({"detail": said}, 503)
