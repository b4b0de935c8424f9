"""The command that serves the pad: draw a digit in the browser and see it read.
It needs the extra `demo`; whatever is missing is said before Paddle is loaded.
"""

import ipaddress
import os
import socket
from contextlib import suppress
from pathlib import Path

from ..errors import InputError


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
    from ..demo.app import LOCAL_HOSTS, make_app, warm_up
    from ..predict import default_model, load_model

    trained = load_model(checkpoint or default_model())
    warm_up(trained)
    served = make_app(trained, LOCAL_HOSTS if _is_local(host) else ["*"])
    config = uvicorn.Config(
        served,
        log_level="warning",
        access_log=False,
        lifespan="off",
        ws="none",
        http="h11",
        limit_concurrency=200,  # a class with its phones, and no more
        timeout_graceful_shutdown=3,
    )
    name = f"[{host}]" if ":" in host else host
    print(f"http://{name}:{listener.getsockname()[1]}", flush=True)
    with suppress(KeyboardInterrupt):  # the way to end a server
        uvicorn.Server(config).run(sockets=[listener])


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
