"""Debian's Chromium, and a person before the pad in it: mouse strokes in, the answer out."""

import shutil
import time

from benchmarks.support.demo_server import STROKES

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"),
]
PHONE = {"viewport": {"width": 390, "height": 664}, "has_touch": True, "is_mobile": True}


class Pad:
    """A person before the page."""

    def __init__(self, page, address):
        self.page, self.address = page, address
        self.requests, self.complaints = [], []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def place(self, x, y):
        box = self.page.locator("#pad").bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def stroke(self, points):
        mouse = self.page.mouse
        mouse.move(*self.place(*points[0]))
        mouse.down()
        for point in points[1:]:
            mouse.move(*self.place(*point))
        mouse.up()

    def draw(self, digit):
        for points in STROKES[digit]:
            self.stroke(points)
        return self.digit()

    def until(self, expression, seconds=20):
        """Wait until a JavaScript expression is true; Playwright's own way needs eval."""
        end = time.monotonic() + seconds
        while not self.page.evaluate(f"Boolean({expression})"):
            assert time.monotonic() < end, f"not after {seconds} s: {expression}"
            time.sleep(0.01)

    def settle(self):
        """Wait until what is on show is the answer to what is on the pad."""
        newest = "Number(document.getElementById('answer').dataset.version) === version"
        self.until(f"!asking && (isEmpty() || {newest})")

    def text(self, name):
        self.settle()
        return self.page.inner_text(f"#{name}")

    def digit(self):
        return self.text("digit")

    def ink(self):
        """Return the number of pixels of ink on the pad."""
        self.until("!painting")
        return self.page.evaluate(
            "(() => { const s = $('sheet'), p = s.getContext('2d').getImageData(0, 0, s.width,"
            " s.height).data; let n = 0; for (let i = 3; i < p.length; i += 4) n += p[i] > 127;"
            " return n; })()"
        )
