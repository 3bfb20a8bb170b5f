"""What a request may carry: a body that is larger is refused before it is read."""

from typing import Final

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..i18n import text
from .asking import language

MOST_BYTES: Final = 1_048_576
"""The largest body of an act. Lists come a hundred rows at a time, and have room in it."""
UNREAD: Final = 4_096
"""Where nothing is read of a body, as large a one is borne with."""


class BodyLimit:
    """Refuses larger bodies with 413: by the length a request names, else once so much has come.

    What is refused is never kept: the server drops what else arrives of it.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request whose body is not too large, counted while it is read."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if _length(Headers(scope=scope)) > self.most:
            await self._refuse(scope, receive, send)
            return
        parts: list[Message] = []
        size = 0
        while not parts or parts[-1].get("more_body", False):
            parts.append(await receive())
            size += len(parts[-1].get("body", b""))
            if size > self.most:
                parts.clear()
                await self._refuse(scope, receive, send)
                return

        async def again() -> Message:
            return parts.pop(0) if parts else await receive()

        await self.app(scope, again, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        params = {"most": self.most}
        said = text("request.too_large", params, language(Request(scope)))
        await JSONResponse({"detail": said}, 413)(scope, receive, send)


def _length(headers: Headers) -> int:
    """Return the length a request names, 0 when it names none; the server has checked its form."""
    named = headers.get("content-length", "0")
    return int(named) if named.isdecimal() else 0
