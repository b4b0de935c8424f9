"""The server of the pad: `GET /` is the page, `POST /read` takes a picture and answers with JSON.

Anybody who can reach it may send anything: what is sent is counted while it arrives, decoded within
the limits of pictures/decode.py, one picture at a time, and refused in one sentence. On this
machine only, the Host header is checked: no web page can pass for it under its own name.
"""

import base64
import hashlib
import io
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from threading import Lock
from typing import Any

import anyio
from PIL import Image, ImageDraw
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from ..errors import CheckpointError, NoDigitError, PictureError
from ..files import printable
from ..pictures.digit import find_digit, open_picture
from ..predict import TrainedModel, predict
from ..predict.pictures import NO_DIGIT, NOT_SURE, sure_from

LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1", "[::1]")
LARGEST_UPLOAD = 20 << 20  # bytes; a photograph has 5 to 20 million
LONGEST_UPLOAD = 30  # seconds


def make_app(trained: TrainedModel, hosts: Sequence[str] = LOCAL_HOSTS) -> Starlette:
    """Make the app that reads digits with a model; `hosts` are the names it answers to.

    `POST /read` takes the bytes of a picture file and answers
    `{digit, probabilities [10], confidence, second, second_confidence, output, note, ink [28][28],
    box [left, top, right, bottom], size [width, height]}`, where `digit` is null if there is none,
    or `{error}` with a status of 400 or more. A square-error model has an output and no
    probabilities.
    """
    page, page_headers = _page()
    sure = sure_from(trained)
    one_at_a_time = Lock()  # Paddle computes for one, and a decoded picture may take 200 MB

    def read(content: bytes) -> dict[str, Any]:
        with one_at_a_time:
            return read_digit(trained, content, sure)

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


def read_digit(trained: TrainedModel, content: bytes, sure: float) -> dict[str, Any]:
    """Read the digit in a picture file's bytes; see `make_app` for what is returned.

    An answer with less confidence than `sure` has a note that says so.

    Raises:
        PictureError: not a picture that can be read.
    """
    picture = open_picture(content, "the picture")
    answer = dict.fromkeys(
        ("digit", "probabilities", "confidence", "second", "second_confidence", "output", "ink")
    ) | {"note": NO_DIGIT, "box": None, "size": picture.size}
    try:
        found = find_digit(picture)
    except NoDigitError:
        return answer
    prediction = predict(trained, found.ink[None])[0]
    unsure = prediction.confidence is not None and prediction.confidence < sure
    return answer | {
        "digit": prediction.digit,
        "probabilities": prediction.probabilities,
        "confidence": prediction.confidence,
        "second": prediction.second,
        "second_confidence": prediction.second_confidence,
        "output": prediction.output,
        "note": ", ".join(filter(None, [found.note, NOT_SURE if unsure else ""])),
        "ink": found.ink.tolist(),
        "box": found.box,
    }


def warm_up(trained: TrainedModel) -> None:
    """Read a picture, so that the first stroke is answered as fast as all others.

    Raises:
        CheckpointError: the network gives no finite numbers.
    """
    picture, file = Image.new("L", (280, 280), 255), io.BytesIO()
    ImageDraw.Draw(picture).line([(140, 60), (140, 220)], width=18)
    picture.save(file, "PNG")
    read_digit(trained, file.getvalue(), sure=0)


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
