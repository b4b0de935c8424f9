"""The pad in a real browser: Debian's Chromium, driven by Playwright.

Hands are imitated as far as it goes: the mouse, a finger and a pen move step by step through the
browser's own input, and the answer is read from the page as a person reads it.
"""

import base64
import io

import pytest
from PIL import Image

from benchmarks.support import ROOT
from benchmarks.support.browser import CHROMIUM, FLAGS, PHONE, Pad
from benchmarks.support.demo_server import MODEL, STROKES, running_demo

pytestmark = pytest.mark.large  # tests/demo/test_app.py asks the same server without a browser

pytest.importorskip("starlette", reason="the demo needs the extra: pip install -e '.[demo]'")
playwright = pytest.importorskip(
    "playwright.sync_api", reason="Playwright drives the browser: pip install -e '.[test]'"
)
if not CHROMIUM:
    pytest.skip(
        "there is no Chromium: apt-get install chromium fonts-noto-cjk", allow_module_level=True
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with running_demo(tmp_path_factory.mktemp("demo"), "--checkpoint", MODEL) as demo:
        yield demo


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def pads(chromium, demo):
    """Open the page as many times as wished; each must ask its own server alone, without error."""
    opened = []

    def open_pad(**settings):
        context = chromium.new_context(**settings)
        pad = Pad(context.new_page(), demo.address)
        pad.page.goto(demo.address)
        opened.append(pad)
        return pad

    yield open_pad
    for pad in opened:
        pad.page.context.close()
        assert pad.requests
        own = (f"{pad.address}/", "blob:", "data:")
        assert [url for url in pad.requests if not url.startswith(own)] == []
        expected = ("the server responded with a", "Multiple readback operations")
        assert [text for text in pad.complaints if not any(e in text for e in expected)] == []


@pytest.fixture
def pad(pads):
    return pads()


def picture_of(digit):
    """Return a PNG that shows strokes, grey on grey, by way of Pillow: nothing of the page."""
    from PIL import ImageDraw

    image = Image.new("L", (640, 400), 210)
    for points in STROKES[digit]:
        line = [(100 + 300 * x, 50 + 300 * y) for x, y in points]
        ImageDraw.Draw(image).line(line, 60, 18, joint="curve")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def png_file(content, name="digit.png"):
    return {"name": name, "mimeType": "image/png", "buffer": content}


def test_nine_of_ten_digits_drawn_with_the_mouse_are_read(pad):
    read = {}
    for digit in STROKES:
        read[digit] = pad.draw(digit)
        pad.page.keyboard.press("Delete")
    assert len([digit for digit in STROKES if read[digit] == str(digit)]) >= 9, read


def test_the_answer_changes_while_the_stroke_goes_on(pad):
    """The first part of this 8 is a 0 or a 6 to anybody: the pen is not lifted in between."""
    points = STROKES[0][0]
    mouse = pad.page.mouse
    mouse.move(*pad.place(*points[0]))
    mouse.down()
    for point in points[1:]:
        mouse.move(*pad.place(*point), steps=2)
    assert pad.digit() == "0"
    asked = len(pad.requests)
    assert asked > 5  # many times on the way
    mouse.move(*pad.place(0.5, 0.21), steps=2)
    for x in (0.5, 0.3, 0.7):
        mouse.move(*pad.place(x, 0.9), steps=4)
    pad.settle()
    assert len(pad.requests) > asked
    mouse.up()


def test_ten_bars_and_the_network_s_view_belong_to_the_digit(pad):
    assert pad.draw(3) == "3"
    bars = pad.page.locator("#bars li")
    assert bars.count() == 10
    heights = [
        bars.nth(i).locator(".bar").evaluate("bar => parseFloat(bar.parentElement.parentElement"
        ".style.getPropertyValue('--share'))") for i in range(10)
    ]  # fmt: skip
    assert max(heights) == heights[3] > 0.5
    assert sum(heights) == pytest.approx(1, abs=1e-3)
    assert bars.nth(3).get_attribute("aria-label").startswith("3: ")
    seen = pad.page.evaluate(
        "[...$('seen').getContext('2d').getImageData(0, 0, 28, 28).data]"
        ".filter((_, i) => i % 4 === 0)"
    )
    assert max(seen) > 200
    assert seen[0] == seen[27] == seen[783] == 0  # centred, with a margin, as MNIST has it
    assert pad.page.locator("#seen").evaluate("e => getComputedStyle(e).imageRendering") == (
        "pixelated"
    )


def test_undo_and_clear_go_back_step_by_step(pad):
    page = pad.page
    assert page.locator("#undo").is_disabled()
    assert page.locator("#clear").is_disabled()
    first, second = STROKES[4]
    pad.stroke(first)
    one = pad.ink()
    pad.stroke(second)
    two = pad.ink()
    assert pad.digit() == "4"
    assert two > one > 0
    page.click("#undo")
    assert pad.ink() == one
    page.click("#clear")
    assert pad.ink() == 0
    assert pad.digit() == "?"
    page.keyboard.press("Control+z")  # a drawing that was cleared by mistake comes back
    assert pad.ink() == one
    page.keyboard.press("Control+z")
    assert pad.ink() == 0
    assert page.locator("#undo").is_disabled()
    page.keyboard.press("Control+z")  # nothing left, and no harm
    assert pad.draw(7) == "7"


def test_an_answer_that_comes_too_late_is_not_shown(pad):
    """The server is slow, the pad is cleared meanwhile, and its answer must not turn up."""
    held = []
    pad.page.route("**/read", lambda route: held.append(route))
    pad.stroke(STROKES[5][0])
    pad.until("asking")
    pad.page.click("#clear")
    for route in held:
        route.fulfill(status=200, json={"digit": 5, "note": "", "confidence": 1, "second": 0})
    pad.page.wait_for_timeout(100)
    assert pad.page.inner_text("#digit") == "?"
    pad.page.unroute("**/read")
    assert pad.draw(7) == "7"


def test_an_uploaded_picture_is_read_shown_and_marked(pad):
    pad.page.set_input_files("#file", png_file(picture_of(2)))
    assert pad.digit() == "2"
    pad.page.wait_for_selector("#photo:visible")
    found, sheet = (pad.page.locator(s).bounding_box() for s in ("#found", "#pad"))
    middle = (found["x"] + found["width"] / 2 - sheet["x"]) / sheet["width"]
    assert abs(middle - 250 / 640) < 0.03  # the digit's own place, not the middle of the picture
    assert pad.draw(7) == "7"  # a stroke begins a new sheet
    assert pad.page.locator("#photo").is_hidden()


def test_a_dropped_picture_is_read(pad):
    content = base64.b64encode(picture_of(3)).decode()
    transfer = pad.page.evaluate_handle(
        """content => {
          const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
          const transfer = new DataTransfer();
          transfer.items.add(new File([bytes], "three.png", { type: "image/png" }));
          return transfer; }""",
        content,
    )
    for event in ("dragover", "drop"):
        pad.page.dispatch_event("#pad", event, {"dataTransfer": transfer})
    assert pad.digit() == "3"


def test_a_pasted_picture_is_read(pads):
    """By way of the clipboard and Ctrl+V."""
    pad = pads(permissions=["clipboard-read", "clipboard-write"])
    pad.page.evaluate(
        """async (content) => {
          const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
          const blob = new Blob([bytes], { type: "image/png" });
          await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]); }""",
        base64.b64encode(picture_of(5)).decode(),
    )
    pad.page.keyboard.press("Control+v")
    pad.until("!isEmpty()")
    assert pad.digit() == "5"


def test_a_photo_is_taken_with_the_camera_and_read(pad):
    """Chromium's make-believe camera shows no digit in particular; any answer will do."""
    pad.page.click("#take")
    pad.until("$('video').videoWidth > 0")
    pad.page.click("#shoot")
    pad.until("content.photo !== null")
    pad.settle()
    assert pad.page.evaluate("shown.answer.size[0]") > 300
    assert pad.page.evaluate("$('video').srcObject") is None  # and its lamp goes out


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"<script>alert(1)</script>", "digit.png", "I cannot open this picture"),
        (b"\x89PNG\r\n\x1a\n" + b"\xff" * 90, "<img src=x onerror=alert(1)>.png", "I cannot open"),
        (bytes(21 << 20), "large.png", "This file is too large"),
        (picture_of(3)[:700], "half.png", "I cannot open this picture"),
    ],
)
def test_a_hostile_upload_gets_a_kind_word_and_the_pad_goes_on(pad, tmp_path, content, name, words):
    pad.page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    path = tmp_path / name
    path.write_bytes(content)
    pad.page.set_input_files("#file", path)
    assert words in pad.text("sure")
    assert pad.digit() == "–"
    assert pad.text("detail").endswith(".")
    pad.page.keyboard.press("Delete")
    assert pad.draw(7) == "7"


def test_a_blank_picture_and_several_digits_are_said_so(pad):
    file = io.BytesIO()
    Image.new("L", (90, 90), 255).save(file, "PNG")
    pad.page.set_input_files("#file", png_file(file.getvalue(), "blank.png"))
    assert pad.text("sure") == "I see no digit here"
    pad.page.click("#clear")
    for x in (-0.22, 0.22):
        for points in STROKES[0]:
            pad.stroke([(0.5 + x + (px - 0.5) * 0.6, 0.5 + (py - 0.5) * 0.6) for px, py in points])
    assert pad.text("sure") == "More than one digit"


def test_the_server_gone_is_said_and_nothing_breaks(pads, tmp_path):
    with running_demo(tmp_path, "--checkpoint", MODEL) as demo:
        pad = pads()
        pad.page.goto(demo.address)
        pad.address = demo.address
        pad.requests.clear()
        assert pad.draw(7) == "7"
    pad.stroke([(0.2, 0.9), (0.3, 0.9)])
    assert pad.text("sure") == "The server does not answer"
    assert pad.text("detail") == "Is scripts/demo.py still running?"
    pad.complaints.clear()  # the browser's own words on the failed connection


def test_chinese_is_spoken_to_who_prefers_it_and_one_click_changes_it(pads):
    pad = pads(locale="zh-CN")
    page = pad.page
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.title() == page.inner_text("h1") == "写一个数字"
    assert pad.draw(3) == "3"
    assert "的把握" in pad.text("sure")
    english = set("abcdefghijklmnopqrstuvwxyz")
    page.evaluate("$('language').remove()")  # it alone is English now, on purpose
    assert not english & set(page.inner_text("body").lower())
    labels = page.eval_on_selector_all("[aria-label]", "all => all.map(e => e.ariaLabel).join()")
    assert not english & set(labels.lower())

    pad = pads(locale="en-GB")
    assert pad.page.evaluate("document.documentElement.lang") == "en"
    assert pad.page.inner_text("h1") == "Draw a digit"
    pad.page.click("#language")
    assert pad.page.inner_text("h1") == "写一个数字"
    assert pad.page.evaluate("document.documentElement.lang") == "zh-CN"


def test_no_share_is_shown_larger_than_it_is(pad):
    shares = [0.004, 0.5, 0.98, 0.994, 0.9994, 0.99999, 1]
    shown = pad.page.evaluate("shares => shares.map(percent)", shares)
    assert shown == ["0%", "50%", "98%", "99.4%", "99.9%", "99.9%", "99.9%"]


def test_both_languages_say_the_same_things(pad):
    english, chinese = pad.page.evaluate("[WORDS.en, WORDS.zh]")
    assert english.keys() == chinese.keys()
    for key in english:
        places = [sorted(part.split("}")[0] for part in words[key].split("{")[1:])
                  for words in (english, chinese)]  # fmt: skip
        assert places[0] == places[1], key


def finger(page):
    """Return a function that touches the screen: `touchStart`, `touchMove` or `touchEnd`."""
    session = page.context.new_cdp_session(page)

    def touch(kind, *place):
        points = [{"x": place[0], "y": place[1]}] if place else []
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    return touch


def drag(touch, places):
    touch("touchStart", *places[0])
    for place in places[1:]:
        touch("touchMove", *place)
    touch("touchEnd")


@pytest.mark.parametrize(("locale", "width", "height"), [("en", 390, 664), ("zh-CN", 320, 568)])
def test_on_a_phone_all_is_in_sight_and_a_finger_draws(pads, locale, width, height):
    pad = pads(**PHONE | {"viewport": {"width": width, "height": height}}, locale=locale)
    size = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    assert pad.page.evaluate(size) == [width, height]
    touch = finger(pad.page)
    for digit in (2, 3, 7):
        for points in STROKES[digit]:
            drag(touch, [pad.place(*point) for point in points])
        assert pad.digit() == str(digit)
        pad.page.tap("#clear")
    assert pad.page.evaluate(size) == [width, height]


def test_nothing_scrolls_while_a_finger_draws(pads):
    """On a window so low that the page does scroll, under a finger beside the pad."""
    pad = pads(**PHONE | {"viewport": {"width": 390, "height": 340}})
    touch = finger(pad.page)
    drag(touch, [pad.place(0.5, 0.9 - y / 20) for y in range(17)])
    assert pad.page.evaluate("scrollY") == 0
    assert pad.ink() > 0
    drag(touch, [(10, 300 - 15 * y) for y in range(17)])
    pad.until("scrollY > 0")


def test_a_phone_s_own_camera_program_is_opened(pads):
    pad = pads(**PHONE)
    with pad.page.expect_file_chooser() as chooser:
        pad.page.tap("#take")
    assert chooser.value.element.get_attribute("capture") == "environment"
    chooser.value.set_files(png_file(picture_of(5)))
    pad.until("!isEmpty()")
    assert pad.digit() == "5"


def test_a_pen_that_presses_draws_thicker(pad):
    session = pad.page.context.new_cdp_session(pad.page)
    inks = []
    for force in (0.1, 0.9):
        for i in range(11):
            x, y = pad.place(0.5, 0.2 + i * 0.06)
            kind = {0: "mousePressed", 10: "mouseReleased"}.get(i, "mouseMoved")
            pen = {"type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1}
            session.send("Input.dispatchMouseEvent", pen | {"pointerType": "pen", "force": force})
        inks.append(pad.ink())
        pad.page.keyboard.press("Delete")
    assert inks[1] > 1.5 * inks[0] > 0


def test_the_keyboard_reaches_every_button_and_a_reader_is_told(pad):
    page = pad.page
    pad.draw(7)
    order = []
    for _ in range(4):
        page.keyboard.press("Tab")
        order.append(page.evaluate("document.activeElement.id"))
    assert order == ["undo", "clear", "upload", "take"]
    pad.until("$('announcement').textContent.startsWith('I read a 7')")
    assert page.locator("#announcement").get_attribute("role") == "status"
    unnamed = page.eval_on_selector_all(
        "button, canvas, section, ol, dialog, img:not([alt=''])",
        "all => all.filter(e => !e.ariaLabel && !e.textContent.trim()).map(e => e.outerHTML)",
    )
    assert unnamed == []
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    assert pad.digit() == "?"


def test_dark_and_light_have_ink_that_can_be_seen(pads):
    for scheme, ink_is_light in (("light", False), ("dark", True)):
        pad = pads(color_scheme=scheme)
        pad.draw(7)
        content = pad.page.locator("#pad").screenshot()
        grey = Image.open(io.BytesIO(content)).convert("L").resize((100, 100))
        stroke, paper = grey.getpixel((50, 22)), grey.getpixel((15, 50))
        assert (stroke - paper > 100) if ink_is_light else (paper - stroke > 100)


def test_the_page_can_ask_nobody_else_even_if_it_wanted_to(pad):
    """What the other tests see (no such request) is also forbidden, by the page's own header."""
    failed = pad.page.evaluate(
        "fetch('https://example.com/').then(() => 'answered', (error) => error.message)"
    )
    assert failed == "Failed to fetch"
    assert any("Content Security Policy" in text for text in pad.complaints)
    pad.complaints.clear()
    pad.requests = [url for url in pad.requests if url != "https://example.com/"]


def test_the_page_asks_for_itself_and_for_answers_alone(pad):
    pad.draw(3)
    assert set(pad.requests) == {f"{pad.address}/", f"{pad.address}/read"}
    assert (ROOT / "mnist_paddle" / "demo" / "page.html").stat().st_size < 50_000
