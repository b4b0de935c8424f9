"""Run notebooks and keep what they print and draw: in place, without dates, machines and paths.

python -m lectures.run_notebooks                               # all of notebooks/
python -m lectures.run_notebooks 10_generators_and_own_data    # those that are named

Needs the extra `test`: scripts/install test. Each notebook runs from its first cell to its last in
a new kernel of this Python, in an empty folder, on one thread. tests/test_notebooks.py runs them
too and compares; outputs of cells with the tag `varies` may differ there.
"""

import base64
import io
import os
import sys
import tempfile
from pathlib import Path

try:
    import nbformat
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpecManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError
except ImportError as error:
    print(f"error: {error.name} is not installed: scripts/install test.", file=sys.stderr)
    sys.exit(2)
from PIL import Image

from mnist_paddle.files import atomic_write

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
SECONDS = 300  # the most for one cell
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def execute(path: Path) -> nbformat.NotebookNode:
    """Run a notebook as it would be in an empty folder; return it with its new outputs.

    Raises:
        CellExecutionError: a cell failed.
    """
    notebook = nbformat.read(path, as_version=4)
    kernels = KernelSpecManager(kernel_dirs=[])  # none that is installed elsewhere: this Python
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=kernels)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            km=manager,
            timeout=SECONDS,
            extra_arguments=["--log-level=ERROR"],
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": folder}},
        )
        client.execute(env=environment, cleanup_kc=True)  # no kernel outlives its notebook
    return strip(notebook)


def strip(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Take out what differs from run to run or from editor to editor; number the cells."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number:02}"
        cell.metadata = {"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {}
        for output in cell.get("outputs", []):
            if "metadata" in output:
                output.metadata = {}
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = smaller(output.data["image/png"])
    return notebook


def smaller(picture: str) -> str:
    """Return a PNG, in base64 as notebooks have it, with 256 colours and nothing but pixels."""
    file = io.BytesIO()
    pixels = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")
    few_colours = pixels.quantize(256, dither=Image.Dither.NONE)
    few_colours.save(file, format="PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()


def main(names: list[str]) -> None:
    """Run the notebooks that are named, or all; write each one that ran to its end."""
    paths = [NOTEBOOKS / f"{Path(name).stem}.ipynb" for name in names]
    for path in paths or sorted(NOTEBOOKS.glob("*.ipynb")):
        if not path.is_file():
            print(f"error: {path}: no such notebook.", file=sys.stderr)
            sys.exit(2)
        try:
            notebook = execute(path)
        except CellExecutionError as error:
            sys.exit(f"error: {path} failed and was left as it was.\n{error}")
        with atomic_write(path) as temporary:
            nbformat.write(notebook, temporary)
        print(f"{path.name}: {len(notebook.cells)} cells, {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
