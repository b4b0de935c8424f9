"""The command that serves the pad: draw a digit in the browser and see it read.
It needs the extra `demo`; whatever is missing is said before Paddle is loaded.
"""

import ipaddress
import os
import socket
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from ..kernels import environment

if TYPE_CHECKING:
    import uvicorn

Reader = Callable[[bytes], dict[str, Any]]


def demo(*, checkpoint: Path | None = None, host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve a pad to draw digits on: open the printed address in a browser, Ctrl-C ends it.

    Parameters
    ----------
    checkpoint
        Model file, model.safetensors of a run folder; the model that comes with the package if
        none is named.
    host
        Address to listen on; 0.0.0.0 lets everybody on the network in.
    port
        Port to listen on, 0 for any free one.
    """
    try:
        import starlette  # noqa: F401
        import uvicorn
    except ModuleNotFoundError as error:
        raise InputError(
            f"the demo needs {error.name}: pip install 'mnist-paddle[demo]', "
            "or scripts/install demo."
        ) from None
    listener = _listen(host, port)
    from ..demo.app import LOCAL_HOSTS, make_app

    app = make_app(
        lambda content: loading.result()(content), LOCAL_HOSTS if _is_local(host) else ["*"]
    )
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        http="h11",
        limit_concurrency=200,  # a class with its phones, and no more
        timeout_graceful_shutdown=3,
    )
    config.load()  # what it imports, it imports now: Paddle's import would delay it
    server = uvicorn.Server(config)
    name = f"[{host}]" if ":" in host else host
    with ThreadPoolExecutor(1) as pool:  # the page is served while Paddle is loaded
        loading = pool.submit(_load_reader, checkpoint)
        if checkpoint:
            loading.result()  # what is no model file is refused before there is an address
        print(f"http://{name}:{listener.getsockname()[1]}", flush=True)
        loading.add_done_callback(lambda done: _stop_without_model(server, done))
        with suppress(KeyboardInterrupt):  # the way to end a server
            server.run(sockets=[listener])
        loading.result()


def _load_reader(checkpoint: Path | None) -> Reader:
    environment.import_paddle()
    from ..demo.reading import load_reader

    return load_reader(checkpoint)


def _stop_without_model(server: "uvicorn.Server", loading: Future[Reader]) -> None:
    """Stop the server if there will be no model to read with; the reason is raised after it."""
    if loading.exception():
        server.should_exit = True


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens: first of all, for a wrong address should be said soon."""
    if not 0 <= port <= 65535:
        raise InputError(f"--port {port} is no port, expected 0 to 65535.")
    try:
        *kind, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # The kind says TCP by name; only then does asyncio turn Nagle's algorithm off, which lets
        # the second half of an answer wait for 40 ms.
        listener = socket.socket(*kind)
        if os.name == "posix":  # on Windows it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()
        return listener
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"cannot listen on {host} port {port} ({reason}); choose others with --host and --port."
        ) from None


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
