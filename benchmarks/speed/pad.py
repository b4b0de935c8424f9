"""Measure in a real browser how long the pad takes from a stroke to the digit on the screen.

python -m benchmarks.speed.pad [--rounds 5]

Draws the ten digits with the mouse, ROUNDS times, in Debian's Chromium, driven by Playwright (the
extra test has it); the server is scripts/demo.py with the shipped model. A wait begins with the
last ink of a stroke and ends when the page that shows the answer to it is painted.
"""

import tempfile
from pathlib import Path

import numpy as np
from cyclopts import run
from playwright.sync_api import sync_playwright

from benchmarks.report import machine
from benchmarks.support.browser import CHROMIUM, FLAGS, Pad
from benchmarks.support.demo_server import MODEL, STROKES, running_demo

# Seconds from the last ink of a stroke to the painted page that shows the answer to it.
STOPWATCH = """
window.waits = [];
let inked = null, drawing = false, early = null;
const ink = (event) => {
  drawing = event.buttons > 0;
  if (drawing) { inked = event.timeStamp; early = null; }
};
for (const kind of ["pointerdown", "pointermove"]) addEventListener(kind, ink, true);
addEventListener("pointerup", () => {
  drawing = false;
  if (early !== null) waits.push(early);
}, true);
new MutationObserver(() => {
  const since = inked;
  if (Number(document.getElementById("answer").dataset.version) !== version) return;
  requestAnimationFrame(() => setTimeout(() => {
    const wait = (performance.now() - since) / 1000;
    if (since !== inked) return;
    if (drawing) early = wait; else waits.push(wait);
  }));
}).observe(document, { subtree: true, attributeFilter: ["data-version"] });
"""


def measure_pad(*, rounds: int = 5) -> None:
    """Draw, and print how long the answers took and how many were right."""
    right = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        running_demo(Path(folder), "--checkpoint", MODEL) as demo,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        pad = Pad(browser.new_page(), demo.address)
        pad.page.add_init_script(STOPWATCH)
        pad.page.goto(demo.address)
        for _ in range(rounds):
            for digit in STROKES:
                right += pad.draw(digit) == str(digit)
                pad.page.keyboard.press("Delete")
        waits = 1000 * np.array(pad.page.evaluate("waits"))
        browser.close()
    median, late = np.quantile(waits, [0.5, 0.95])
    print(f"{machine()}")
    print(f"{right} of {rounds * len(STROKES)} digits read right")
    print(
        f"{len(waits)} strokes, milliseconds to the digit on the screen: "
        f"median {median:.0f}, 95 % within {late:.0f}, at most {waits.max():.0f}"
    )


if __name__ == "__main__":
    run(measure_pad)
