"""Build the site in both languages: `scripts/docs` runs this.

python -m docs.site [--out work/site] [--serve]
"""

import argparse
import contextlib
import functools
import http.server
import json
import shutil
import sys
from pathlib import Path

from sphinx.cmd.build import build_main

from docs.site.notebooks import in_language
from mnist_paddle.kernels import environment

DOCS = Path(__file__).parents[1]
LANGUAGES = {"en": "en", "zh": "zh_CN"}
START = """<!doctype html>
<meta charset="utf-8"><title>mnist-paddle</title>
<script>
  location.replace((navigator.language.startsWith("zh") ? "zh" : "en") + "/index.html");
</script>
<p><a href="en/index.html">English</a> · <a href="zh/index.html" lang="zh">简体中文</a></p>
"""


def build(out: Path) -> int:
    """Write the site to `out`; return 0, or what Sphinx returns when it warns of anything."""
    environment.prepare()  # the pages on the code import Paddle
    for language, name in LANGUAGES.items():
        notebooks = DOCS / language / "notebooks"
        shutil.rmtree(notebooks, ignore_errors=True)
        notebooks.mkdir()
        for path in sorted((DOCS.parent / "notebooks").glob("*.ipynb")):
            notebook = in_language(json.loads(path.read_text(encoding="utf-8")), language)
            text = json.dumps(notebook, ensure_ascii=False)
            (notebooks / path.name).write_text(text, encoding="utf-8")
        options = ["-c", str(DOCS / "site"), "-d", str(out / "doctrees" / language)]
        options += ["-D", f"language={name}", "-W", "--keep-going", "-q"]
        if status := build_main([*options, str(DOCS / language), str(out / language)]):
            return status
    shutil.rmtree(out / "doctrees")
    (out / "index.html").write_text(START, encoding="utf-8")
    return 0


def serve(out: Path) -> None:
    """Serve the site on this machine until Ctrl-C."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(out))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 8001), handler) as server:
        print(f"the site: http://127.0.0.1:{server.server_port} (Ctrl-C ends it)")
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()


def main() -> None:
    """Build, and serve with --serve."""
    parser = argparse.ArgumentParser(description="Build the site in both languages.")
    parser.add_argument("--out", type=Path, default=Path("work/site"))
    parser.add_argument("--serve", action="store_true")
    options = parser.parse_args()
    if status := build(options.out.resolve()):
        sys.exit(status)
    print(f"{options.out}/index.html")
    if options.serve:
        serve(options.out)


if __name__ == "__main__":
    main()
