"""The command that does everything once: data, a training, a prediction."""

from pathlib import Path

from ..config import DEFAULT_DATA, Config
from .data import make_example, prepare_data
from .predict import predict
from .train import train

RUN = Path("work/runs/quickstart")
EXAMPLE = Path("work/example_0.jpg")


def quickstart() -> None:
    """Make the data, train the CNN for three epochs, and read the example picture with it.

    The data are those of prepare_data: MNIST_DIR, else a download, else drawn digits. What is in
    work/ already is used; the run is written to work/runs/quickstart.
    """
    if not Path(DEFAULT_DATA).exists():
        prepare_data()
    train(
        options=Config(model="cnn", loss="ce", opt="adam", lr=0.001, epochs=3, run_dir=str(RUN)),
    )
    print(f"loss curve: {RUN / 'curve.png'}")
    if not EXAMPLE.exists():
        make_example(out=EXAMPLE)
    predict(str(EXAMPLE), checkpoint=RUN / "model.safetensors")
