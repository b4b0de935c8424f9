"""The server of the pad: `GET /` is the page, `POST /read` takes a picture and answers with JSON.

It does not import Paddle: the page is there while reading.py is still loading the model.
Anybody who can reach it may send anything: what is sent is counted while it arrives, decoded within
the limits of pictures/decode.py, one picture at a time, and refused in one sentence. On this
machine only, the Host header is checked: no web page can pass for it under its own name.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from threading import Lock
from typing import Any

import anyio
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from ..errors import CheckpointError, PictureError
from ..files import printable

LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1", "[::1]")
LARGEST_UPLOAD = 20 << 20  # bytes; a photograph has 5 to 20 million
LONGEST_UPLOAD = 30  # seconds


def make_app(
    read_digit: Callable[[bytes], dict[str, Any]], hosts: Sequence[str] = LOCAL_HOSTS
) -> Starlette:
    """Make the app that reads digits with a function; `hosts` are the names it answers to.

    `POST /read` takes the bytes of a picture file and answers what `read_digit` returns for them,
    see reading.py, or `{error}` with a status of 400 or more.
    """
    page, page_headers = _page()
    one_at_a_time = Lock()  # Paddle computes for one, and a decoded picture may take 200 MB

    def read(content: bytes) -> dict[str, Any]:
        with one_at_a_time:
            return read_digit(content)

    async def show_page(request: Request) -> Response:
        return HTMLResponse(page, headers=page_headers)

    async def read_picture(request: Request) -> Response:
        try:
            content = await _receive(request)
            return _json(await run_in_threadpool(read, content))
        except PictureError as error:
            return _json({"error": str(error)}, 422)
        except CheckpointError as error:
            return _json({"error": str(error)}, 500)
        except ClientDisconnect:  # a newer drawing replaced this one; nobody will see the answer
            return Response(status_code=400)

    return Starlette(
        routes=[Route("/", show_page), Route("/read", read_picture, methods=["POST"])],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False)],
        exception_handlers={HTTPException: _refuse, 500: _fault},
    )


async def _receive(request: Request) -> bytes:
    """Return the body, counted while it arrives.

    What is too much is read on for a while and dropped: a browser that cannot send all of it never
    looks at the answer.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not kind.startswith("image/") and kind != "application/octet-stream":
        # Another site's page may send text and forms without asking, but not these.
        shown = printable(kind, 60)
        raise HTTPException(415, f"expected a picture with its image type, not {shown!r}.")
    content, size = bytearray(), 0
    try:
        with anyio.fail_after(LONGEST_UPLOAD):
            async for chunk in request.stream():
                size += len(chunk)
                if size <= LARGEST_UPLOAD:
                    content += chunk
                else:
                    content.clear()
                if size > 4 * LARGEST_UPLOAD:
                    break
    except TimeoutError:
        sentence = f"the picture took longer than {LONGEST_UPLOAD} s."
        raise HTTPException(408, sentence, {"Connection": "close"}) from None
    if size > LARGEST_UPLOAD:
        sentence = f"the picture is too large: expected at most {LARGEST_UPLOAD >> 20} MB."
        raise HTTPException(413, sentence, {"Connection": "close"})
    return bytes(content)


def _page() -> tuple[str, dict[str, str]]:
    """Return the page, and headers by which the browser runs nothing else and asks nobody else."""
    page = files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    page = page.replace("LARGEST_UPLOAD", str(LARGEST_UPLOAD))
    allowed = {
        tag: " ".join(_source(part) for part in re.findall(f"<{tag}>(.*?)</{tag}>", page, re.S))
        for tag in ("script", "style")
    }
    policy = (
        f"default-src 'none'; script-src {allowed['script']}; style-src {allowed['style']}; "
        "img-src blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    return page, {
        "Content-Security-Policy": policy,
        "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


def _source(part: str) -> str:
    digest = hashlib.sha256(part.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _json(
    content: dict[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    fixed = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return JSONResponse(content, status, {**fixed, **(headers or {})})


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _json({"error": error.detail}, error.status_code, error.headers)


async def _fault(request: Request, error: Exception) -> Response:
    return _json({"error": "the server failed at this picture; its own output says why."}, 500)
