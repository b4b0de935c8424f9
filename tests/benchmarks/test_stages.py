"""The rows of the table of stages: one for each numbered config, with the settings of its file."""

import pytest

from benchmarks.claims import stages
from mnist_paddle.config import Config
from mnist_paddle.config_file import CONFIGS, read_config_file


@pytest.mark.parametrize("gpu", [False, True])
def test_every_numbered_config_is_a_row(gpu, monkeypatch):
    monkeypatch.setattr(stages, "_gpu_is_usable", lambda: gpu)
    rows = stages._stages()
    files = {file.stem for file in CONFIGS.glob("[0-9]*.yaml")}
    assert {name.partition(" ")[0] for name in rows} == files | {"quickstart"}
    assert len(rows) == len(files) + 2  # the CNN with square error has two rows
    for name, values in rows.items():
        config = Config(**values)
        assert not config.gpu or gpu
        if name in files:
            assert values == read_config_file(name)
    assert ("11_cnn_ce_gpu" in rows) == gpu
    assert Config(**rows["04_cnn_mse with lr 0.001"]).lr == 0.001
