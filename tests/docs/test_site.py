"""The site: built strictly, whole without a network, and searched in a real browser."""

import shutil
import subprocess
import sys

import pytest

from benchmarks.support import ROOT
from benchmarks.support.browser import CHROMIUM, FLAGS
from docs.site.notebooks import text_in

TEXT = """## 1. What is a pixel · 什么是像素

A pixel is a number from 0 to 1 (in Chinese 像素).

像素是 0 到 1 之间的一个数，`scale_pixels` 会算出它。

$$p = x / 255$$"""


@pytest.mark.parametrize(
    ("language", "heading", "kept", "left_out"),
    [
        ("en", "## 1. What is a pixel\n", "A pixel is a number", "之间的一个数"),
        ("zh", "## 1. 什么是像素\n", "之间的一个数", "A pixel is a number"),
    ],
)
def test_a_notebook_is_shown_in_one_language(language, heading, kept, left_out):
    text = text_in(TEXT, language)
    assert text.startswith(heading)
    assert kept in text
    assert left_out not in text
    assert "$$p = x / 255$$" in text


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built from a copy of the repository: a warning would fail it."""
    pytest.importorskip("sphinx", reason="the site needs the extra docs: scripts/install docs")
    copy = tmp_path_factory.mktemp("site") / "copy"
    ignored = shutil.ignore_patterns(".*", "work", "build", "__pycache__")
    shutil.copytree(ROOT, copy, ignore=ignored)
    words = [sys.executable, "-m", "docs.site", "--out", copy / "work" / "site"]
    finished = subprocess.run(words, cwd=copy, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr[-3000:]
    return copy / "work" / "site"


@pytest.fixture(scope="module")
def page(site):
    playwright = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM:
        pytest.skip("there is no Chromium: apt-get install chromium fonts-noto-cjk")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(locale="en")
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        yield page
        browser.close()


@pytest.mark.large
def test_from_the_home_page_to_a_stage_and_to_the_other_language(page, site):
    page.goto((site / "index.html").as_uri())
    page.wait_for_url("**/en/index.html")
    page.locator("article").get_by_role("link", name="eight stages").click()
    page.locator("article").get_by_role("link", name="4 losses").click()
    assert "Stage 4" in page.locator("h1").inner_text()
    assert "def " in page.locator("article .highlight").first.inner_text()
    page.get_by_role("link", name="简体中文").click()
    assert page.url.endswith("/zh/stages/4_losses.html")
    assert "阶段 4" in page.locator("h1").inner_text()
    page.get_by_role("link", name="English").click()
    assert page.url.endswith("/en/stages/4_losses.html")


@pytest.mark.large
@pytest.mark.parametrize(
    ("language", "words", "title"),
    [
        ("zh", "交叉熵", "损失"),
        ("zh", "PolynomialDecay", "旧脚本"),
        ("en", "PolynomialDecay", "Old scripts"),
        ("en", "cross entropy", "Stage 4"),
    ],
)
def test_what_is_searched_for_is_found(page, site, language, words, title):
    page.goto((site / language / "index.html").as_uri())
    page.locator(".sidebar-search").fill(words)
    page.keyboard.press("Enter")
    found = page.locator("#search-results li > a", has_text=title).first
    found.wait_for(timeout=20_000)
    assert title in found.inner_text()


@pytest.mark.large
def test_a_field_finds_rows_of_the_table_of_old_names(page, site):
    page.goto((site / "en" / "old_code.html").as_uri())
    page.get_by_label("Find in this table").fill("polynomialdecay")
    rows = page.locator("article tbody tr:visible").all_inner_texts()
    assert rows
    assert all("PolynomialDecay" in row for row in rows)


@pytest.mark.large
def test_no_page_asks_another_host_or_is_wider_than_a_phone(page, site):
    page.set_viewport_size({"width": 390, "height": 780})
    pages = sorted(path for language in ("en", "zh") for path in (site / language).rglob("*.html"))
    assert len(pages) > 70
    for path in pages:
        page.goto(path.as_uri())
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, f"{path.relative_to(site)}: {wide}"
    assert page.asked
    assert {url.partition(":")[0] for url in page.asked} == {"file"}
    assert page.complaints == []
