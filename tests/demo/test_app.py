"""The pad's server, as a real process: what it answers, and what it refuses."""

import io
import json
import os
import re
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks.support import ROOT
from benchmarks.support.demo_server import MODEL, running_demo

pytest.importorskip("starlette", reason="the demo needs the extra: pip install -e '.[demo]'")

import anyio
from starlette.exceptions import HTTPException
from starlette.requests import Request

from mnist_paddle.data import draw_digits
from mnist_paddle.demo import app
from mnist_paddle.demo.reading import read_digit
from mnist_paddle.losses import OBJECTIVES
from mnist_paddle.models import build_model
from mnist_paddle.pictures import digit as picture
from mnist_paddle.predict import TrainedModel, load_model, predict
from mnist_paddle.predict import pictures as reading

PAGE = (ROOT / "mnist_paddle" / "demo" / "page.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo with the shipped model; at the end it must have printed nothing."""
    with running_demo(tmp_path_factory.mktemp("demo"), "--checkpoint", MODEL) as demo:
        yield demo


def png(image, kind="PNG"):
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def enlarged(ink):
    """Return one of our images `[28, 28]` as a person has it: dark on white, large."""
    return png(Image.fromarray(255 - ink.reshape(28, 28)).resize((280, 280)))


@pytest.fixture(scope="module")
def pictures():
    return [enlarged(image) for image in draw_digits(20, seed=5)[0]]


def test_a_picture_is_read_as_predict_reads_it(demo, pictures):
    """One path for every picture: the server adds nothing to picture.py and predict.py."""
    trained = load_model(MODEL)
    for content in pictures:
        found = picture.find_digit(picture.open_picture(content))
        expected = predict(trained, found.ink[None])[0]
        status, answer = demo.read(content)
        assert status == 200
        assert answer["digit"] == expected.digit
        assert answer["probabilities"] == pytest.approx(expected.probabilities, abs=1e-6)
        assert answer["ink"] == found.ink.tolist()
        assert answer["box"] == list(found.box)
        assert answer["size"] == [280, 280]
        ranked = np.argsort(expected.probabilities)[::-1]
        assert [answer["digit"], answer["second"]] == ranked[:2].tolist()
        assert answer["confidence"] == answer["probabilities"][answer["digit"]]
        assert answer["second_confidence"] == answer["probabilities"][answer["second"]]


def test_many_at_once_get_each_their_own_answer(demo, pictures):
    alone = [demo.read(content) for content in pictures]
    with ThreadPoolExecutor(20) as threads:
        together = list(threads.map(demo.read, pictures))
    assert together == alone


def test_one_picture_is_looked_at_at_a_time():
    """Each may take 200 MB when it is decoded; the others wait."""
    inside, most = [], []

    def slow(content):
        inside.append(content)
        most.append(len(inside))
        time.sleep(0.02)
        inside.pop()
        return {}

    async def ask(served):
        async def receive():
            return {"type": "http.request", "body": b"picture"}

        async def send(message):
            assert message.get("status", 200) == 200

        headers = [(b"host", b"localhost"), (b"content-type", b"image/png")]
        scope = {"type": "http", "method": "POST", "path": "/read", "headers": headers}
        await served(scope | {"query_string": b"", "root_path": ""}, receive, send)

    async def ask_five():
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(ask, served)

    served = app.make_app(slow)
    anyio.run(ask_five)
    assert most == [1] * 5


def test_a_blank_page_has_no_digit_and_that_is_no_error(demo):
    status, answer = demo.read(png(Image.new("L", (280, 280), 255)))
    assert status == 200
    assert answer["digit"] is answer["probabilities"] is answer["ink"] is None
    assert answer["note"] == reading.NO_DIGIT


def spoiled(content):
    return content[: len(content) // 2]


def bomb():
    """A PNG of a few hundred bytes that promises 2.5 thousand million pixels."""
    content = bytearray(png(Image.new("1", (1000, 1000))))
    content[16:24] = (50_000).to_bytes(4, "big") * 2
    return bytes(content)


HOSTILE = {
    "nothing": b"",
    "text": b"a digit",
    "html": b"<script>alert(1)</script>",
    "a program for Ghostscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 28 28\nshowpage\n",
    "an svg": b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
    "half a file": spoiled(png(Image.effect_noise((90, 90), 50))),
    "a bomb": bomb(),
    "noise": os.urandom(100_000),
    "a compressed TIFF": b"II*\0" + b"\xff" * 40,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_upload_is_refused_in_a_sentence(demo, name, pictures):
    started, before = time.monotonic(), demo.memory()
    status, answer = demo.read(HOSTILE[name])
    assert status == 422
    assert list(answer) == ["error"]
    assert answer["error"].startswith("the picture ")
    assert answer["error"].endswith(".")
    assert "\n" not in answer["error"]
    assert "Traceback" not in answer["error"]
    assert time.monotonic() - started < 5
    assert demo.memory() - before < 100 << 20
    assert demo.read(pictures[0])[0] == 200  # and goes on


def test_an_upload_that_is_too_large_is_counted_while_it_arrives(demo):
    """Neither a declared length nor a stream without one fills the memory."""
    demo.read(bytes(app.LARGEST_UPLOAD))  # as much as is allowed, so that it counts as used
    before = demo.memory()
    piece = bytes(1 << 20)
    for body in (bytes(78 << 20), (piece for _ in range(78))):
        status, _, answer = demo.ask(body=body, Content_Type="image/png")
        assert status == 413
        assert answer == {"error": "the picture is too large: expected at most 20 MB."}
        assert demo.memory() - before < 2 * app.LARGEST_UPLOAD
    assert demo.read(bytes(app.LARGEST_UPLOAD))[0] == 422  # the last that is looked at


def test_an_upload_without_end_is_cut_off(demo):
    piece = b"100000\r\n" + bytes(1 << 20) + b"\r\n"
    most = 20 * app.LARGEST_UPLOAD
    with socket.create_connection(("127.0.0.1", demo.port), timeout=30) as line:
        start = b"POST /read HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
        line.sendall(start + b"Transfer-Encoding: chunked\r\n\r\n")
        sent = 0
        with suppress(OSError):  # reset, or a broken pipe
            while sent < most:
                line.sendall(piece)
                sent += 1 << 20
    assert app.LARGEST_UPLOAD < sent < most / 2


def test_who_hangs_up_in_the_middle_leaves_no_trace(demo, pictures):
    """A newer drawing does that to the one before it; the fixture sees that nothing is printed."""
    start = b"POST /read HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
    for part in (b"", pictures[0][:300], pictures[0]):
        with socket.create_connection(("127.0.0.1", demo.port)) as line:
            line.sendall(start + b"Content-Length: %d\r\n\r\n" % len(pictures[0]) + part)
    assert demo.read(pictures[0])[0] == 200


def test_an_upload_that_dawdles_is_given_up(monkeypatch):
    async def dawdle():
        await anyio.sleep(60)

    scope = {"type": "http", "headers": [(b"content-type", b"image/png")]}
    monkeypatch.setattr(app, "LONGEST_UPLOAD", 0.05)
    with pytest.raises(HTTPException) as caught:
        anyio.run(app._receive, Request(scope, dawdle))
    assert caught.value.status_code == 408


def test_only_this_machine_s_names_are_answered(demo):
    """A web page whose name suddenly means 127.0.0.1 (DNS rebinding) gets nothing."""
    for name in ("127.0.0.1", "localhost", f"localhost:{demo.port}"):
        assert demo.ask("GET", "/", Host=name)[0] == 200
    for name in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", ""):
        assert demo.ask("GET", "/", Host=name)[0] == 400
        assert demo.ask(body=b"", Host=name, Content_Type="image/png")[0] == 400


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "image"])
def test_what_other_sites_may_send_without_asking_is_refused(demo, pictures, kind):
    status, _, answer = demo.ask(body=pictures[0], Content_Type=kind, Origin="http://evil.example")
    assert status == 415
    assert "expected a picture" in answer["error"]
    status, headers, _ = demo.ask("OPTIONS", Origin="http://evil.example")
    assert status == 405
    assert not [name for name in headers if name.lower().startswith("access-control")]


def test_other_addresses_and_methods_are_refused_in_json(demo):
    for method, path, expected in (
        ("GET", "/read", 405),
        ("POST", "/", 405),
        ("GET", "/page.html", 404),
        ("GET", "/../app.py", 404),
        ("GET", "/%2e%2e/app.py", 404),
    ):
        status, _, answer = demo.ask(method, path)
        assert status == expected
        assert list(answer) == ["error"]


def test_the_page_may_run_its_own_script_and_ask_its_own_server_alone(demo):
    status, headers, page = demo.ask("GET", "/")
    assert status == 200
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert re.fullmatch(r"'sha256-[\w+/]{43}='", policy["script-src"])
    assert re.fullmatch(r"'sha256-[\w+/]{43}='", policy["style-src"])
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert str(app.LARGEST_UPLOAD).encode() in page
    assert re.findall(r"""https?://[^"'\s)]+""", PAGE) == ["http://www.w3.org/2000/svg"]


def test_every_note_has_words_on_the_page():
    notes = json.loads(
        re.sub(r"(\w+): ", r'"\1": ', re.search(r"const NOTES = (\{.*?\});", PAGE)[1])
        .replace(", }", " }")
    )  # fmt: skip
    known = {reading.NO_DIGIT, reading.NOT_SURE, picture.SEVERAL, picture.UNLIKE}
    assert set(notes) == known


def test_a_square_error_model_gives_its_output_and_no_probabilities(pictures):
    model = build_model("linear", OBJECTIVES["mse"].outputs)
    trained = TrainedModel(model, OBJECTIVES["mse"], {}, "m.safetensors")
    answer = read_digit(trained, pictures[0], sure=0.5)
    assert answer["probabilities"] is answer["confidence"] is answer["second"] is None
    assert answer["digit"] == min(9, max(0, round(answer["output"])))
    json.dumps(answer)


def test_the_page_is_served_while_paddle_is_loaded_and_a_drawing_waits_for_it(tmp_path, pictures):
    """A Paddle that is not there until the page has been seen."""
    seen = tmp_path / "seen"
    (tmp_path / "paddle.py").write_text(
        "import pathlib, sys, time\n"
        f"while not pathlib.Path({str(seen)!r}).exists():\n"
        "    time.sleep(0.01)\n"
        f"sys.path.remove({str(tmp_path)!r})\n"
        "del sys.modules['paddle']\n"
        "import paddle\n"
    )
    with running_demo(tmp_path, PYTHONPATH=f"{tmp_path}:{ROOT}") as demo:
        assert b"<!doctype html>" in demo.ask("GET", "/")[2]
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(demo.read, pictures[0])
            time.sleep(0.2)
            assert not answer.done()
            seen.touch()
            assert answer.result()[0] == 200


@pytest.mark.parametrize("fault", ["no Paddle", "no model"])
def test_without_a_model_the_server_ends_with_a_sentence(fault, tmp_path):
    """The page is there by then; the shipped model fails only where the installation is spoilt."""
    program = "from mnist_paddle.commands import main\n"
    if fault == "no Paddle":
        (tmp_path / "paddle.py").write_text("raise ModuleNotFoundError(name='paddle')")
    else:
        program += "from mnist_paddle.predict import model; from pathlib import Path\n"
        program += "model.SHIPPED = Path('gone.safetensors')\n"
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", f"{program}main('demo', ['--port', '0'])"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert finished.returncode == 2
    sentence = "Paddle is not installed" if fault == "no Paddle" else "gone.safetensors: no such"
    assert finished.stderr.startswith(f"error: {sentence}")
    assert finished.stderr.count("\n") == 1


def test_on_every_address_every_name_is_answered(tmp_path):
    """With the shipped model, as no other is named."""
    with running_demo(tmp_path, "--host", "0.0.0.0") as demo:
        assert demo.address == f"http://0.0.0.0:{demo.port}"
        assert demo.ask("GET", "/", Host="teacher.local")[0] == 200


def test_what_is_missing_or_wrong_is_one_sentence_and_exit_code_2(command, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for words, sentence in (
            (["--port", port], f"cannot listen on 127.0.0.1 port {port} (Address already in use)"),
            (["--port", 70000], "--port 70000 is no port, expected 0 to 65535"),
            (["--host", "no.such.host.invalid"], "cannot listen on no.such.host.invalid"),
            (["--port", 0, "--checkpoint", "none"], "none: no such model file"),
            (["--port", "many"], "--port"),
        ):
            words = words if "--checkpoint" in words else [*words, "--checkpoint", MODEL]
            finished = command("demo", *words)
            assert finished.returncode == 2
            assert finished.stderr.startswith("error: ")
            assert sentence in finished.stderr
            assert finished.stderr.count("\n") == 1
            assert finished.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["starlette", "uvicorn"])
def test_without_the_extra_a_sentence_says_what_to_install(name, tmp_path):
    (tmp_path / f"{name}.py").write_text(f"raise ModuleNotFoundError(name={name!r})")
    (tmp_path / "paddle.py").write_text("raise SystemExit('Paddle was imported')")
    for words, code in ((["--checkpoint", MODEL], 2), (["--help"], 0)):
        finished = subprocess.run(
            [sys.executable, ROOT / "scripts" / "demo.py", *words],
            env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"},
            capture_output=True,
            text=True,
        )
        assert finished.returncode == code, finished.stderr
        if code:
            assert finished.stderr == (
                f"error: the demo needs {name}: pip install 'mnist-paddle[demo]', "
                "or scripts/install demo.\n"
            )


def test_a_drawing_is_answered_in_a_moment(demo):
    """On its own, an answer takes a few milliseconds; it took 40 more with Nagle's algorithm."""
    image = Image.new("L", (280, 280), 255)
    ImageDraw.Draw(image).line([(90, 60), (190, 60), (120, 220)], width=18)
    content, seconds = png(image), []
    connection = demo.connection()
    for _ in range(30):
        started = time.monotonic()
        connection.request("POST", "/read", content, {"Content-Type": "image/png"})
        answer = json.loads(connection.getresponse().read())
        seconds.append(time.monotonic() - started)
    connection.close()
    assert answer["digit"] == 7
    assert sorted(seconds)[10] < 0.035
