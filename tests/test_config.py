import dataclasses
import json
import re
import typing

import pytest
import yaml

from benchmarks.support import ROOT
from mnist_paddle.commands import main
from mnist_paddle.config import DEFAULT_DATA, Config
from mnist_paddle.config_file import CONFIGS, read_config_file
from mnist_paddle.data.augment import AUGMENTATIONS, MAX_SHIFT
from mnist_paddle.data.formats.mnist_json import DATA_FILE
from mnist_paddle.data.generators import GENERATORS, ORDERS
from mnist_paddle.errors import ConfigError
from mnist_paddle.losses import OBJECTIVES
from mnist_paddle.models import build_model
from mnist_paddle.optimizers import make_optimizer, make_schedule

SHIPPED = sorted(CONFIGS.glob("*.yaml"))
# The order in which a config tells its lesson: what is trained, how, on what.
LESSON = [
    *("model", "loss", "label_smoothing", "opt", "beta1", "beta2", "lr", "schedule", "end_lr"),
    *("weight_decay", "epochs", "batch_size", "augment", "max_shift", "tta", "reader", "gpu"),
    "use_valid",
]
FIELDS = [field.name for field in dataclasses.fields(Config)]


def choices(name):
    annotated = {field.name: field.type for field in dataclasses.fields(Config)}[name]
    return typing.get_args(typing.get_args(annotated)[0])


def refusal(capsys, *words):
    """Run a command that must be refused; return its one sentence."""
    with pytest.raises(SystemExit) as stop:
        main(tokens=words)
    printed = capsys.readouterr()
    assert stop.value.code == 2
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert printed.err.count("\n") == 1
    return printed.err


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_config_holds_only_what_differs_and_says_why(file):
    defaults = dataclasses.asdict(Config())
    values = read_config_file(file)
    assert [key for key in values if values[key] == defaults[key]] == []
    assert list(values) == [*sorted(values.keys() - {"run_dir"}, key=LESSON.index), "run_dir"]
    for line in file.read_text(encoding="utf-8").splitlines():
        assert line.startswith(("#", "run_dir: ")) or "  # " in line, line
    assert values["run_dir"] == f"work/runs/{file.stem}"


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_config_resolves_to_the_values_that_its_results_were_measured_with(file):
    """config_values.json has every key of every config, as results in the pages were measured."""
    expected = json.loads((ROOT / "tests" / "config_values.json").read_text(encoding="utf-8"))
    assert sorted(expected) == [file.stem for file in SHIPPED]
    assert dataclasses.asdict(Config(**read_config_file(file))) == expected[file.stem]


def test_the_run_folder_has_every_key(train, tmp_path):
    train(model="linear", epochs=1, limit_batches=1)
    values = yaml.safe_load((tmp_path / "run" / "config.yaml").read_text(encoding="utf-8"))
    assert list(values) == FIELDS
    assert Config(**values) == Config(**read_config_file(tmp_path / "run" / "config.yaml"))


def test_configs_hold_the_values_of_the_tutorial():
    def row(name):
        c = Config(**read_config_file(name))
        return c.model, c.loss, c.opt, c.lr, c.epochs, c.batch_size

    assert [file.stem[:2] for file in SHIPPED[:13]] == [f"{number:02}" for number in range(1, 14)]
    assert row("01_linear_mse") == ("linear", "mse", "sgd", 0.001, 10, 100)
    assert row("02_linear_mse_async") == ("linear", "mse", "sgd", 0.001, 3, 100)
    assert row("03_mlp_mse") == ("mlp", "mse", "sgd", 0.01, 5, 100)
    assert row("04_cnn_mse") == ("cnn", "mse", "sgd", 0.01, 5, 100)
    assert row("05_cnn_ce_sgd") == ("cnn", "ce", "sgd", 0.01, 5, 100)
    assert row("06_cnn_ce_small_lr") == ("cnn", "ce", "sgd", 0.001, 5, 100)
    assert row("07_cnn_ce_large_lr") == ("cnn", "ce", "sgd", 0.1, 5, 100)
    for number, opt in (("08", "momentum"), ("09", "adagrad"), ("10", "adam")):
        assert row(f"{number}_cnn_ce_{opt}") == ("cnn", "ce", opt, 0.01, 5, 100)
    gpu = read_config_file("11_cnn_ce_gpu")
    assert (gpu["gpu"], gpu["epochs"]) == (True, 2)
    assert read_config_file("02_linear_mse_async")["reader"] == "async"
    resume = Config(**read_config_file("12_cnn_ce_resume"))
    assert (resume.opt, resume.schedule) == ("adam", "polynomial")
    assert (resume.lr, resume.end_lr) == (0.01, 0.001)
    assert read_config_file("13_cnn_ce_l2")["weight_decay"] > 0


def test_the_choices_of_config_are_those_of_the_stages():
    assert set(choices("loss")) == set(OBJECTIVES)
    for name in choices("model"):
        build_model(name, 1)
    for name in choices("schedule"):
        make_schedule(name, 0.1, 10)
    assert set(choices("generator")) == set(GENERATORS) == set(ORDERS)
    assert set(choices("augment")) == set(AUGMENTATIONS)
    assert set(choices("reader")) - set(GENERATORS) == {"sync", "async", "workers", "resident"}
    for name in choices("opt"):
        make_optimizer(name, 0.1, build_model("linear", 1).parameters())


def test_the_default_data_file_is_that_of_the_data_stage():
    assert DEFAULT_DATA == DATA_FILE


def test_the_default_shift_is_that_of_the_augmentations():
    assert Config().max_shift == MAX_SHIFT


def test_run_dir_names_model_loss_and_optimizer():
    assert Config(model="mlp", loss="mse", opt="adam").run_dir == "work/runs/mlp_mse_adam"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("lr", 0),
        ("lr", -1),
        ("lr", float("nan")),
        ("lr", "fast"),
        ("epochs", 0),
        ("seed", -1),
        ("batch_size", 0),
        ("model", "rnn"),
        ("weight_decay", float("inf")),
        ("capacity", True),
        ("epochs", 2.5),
        ("seed", 2**32),
        ("hidden", 10**9),
        ("beta1", 1),
        ("label_smoothing", 1),
        ("beta2", -0.1),
        ("max_shift", 15),
        ("max_shift", -1),
    ],
)
def test_impossible_values_are_refused_by_name(key, value):
    with pytest.raises(ConfigError, match=key):
        Config(**{key: value})


def test_a_misspelt_option_is_refused_with_the_right_spelling(capsys):
    assert "Did you mean --batch_size?" in refusal(capsys, "train", "--batch_sise", "3")
    assert '"mlp"' in refusal(capsys, "train", "--model", "mpl")


def test_a_misspelt_key_in_a_file_is_refused_with_the_right_spelling(capsys, tmp_path):
    file = tmp_path / "my.yaml"
    file.write_text("modle: cnn\n")
    sentence = refusal(capsys, "train", "--config", str(file))
    assert f"{file}: unknown key 'modle'. Did you mean 'model'?" in sentence
    file.write_text("model: mpl\n")
    assert '"mlp"' in refusal(capsys, "train", "--config", str(file))


@pytest.mark.parametrize("text", ["epochs: 2.5\n", "epochs: two\n", "lr: fast\n", "gpu: maybe\n"])
def test_a_value_of_the_wrong_kind_in_a_file_is_refused_by_name(capsys, tmp_path, text):
    file = tmp_path / "my.yaml"
    file.write_text(text)
    assert text.split(":")[0] in refusal(capsys, "train", "--config", str(file))


def test_a_whole_number_is_not_a_fraction(capsys):
    assert "'2.5' is not a whole number" in refusal(capsys, "train", "--epochs", "2.5")


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words\n", "model: [\n", ""])
def test_a_file_that_is_no_mapping_is_refused(capsys, tmp_path, text):
    file = tmp_path / "my.yaml"
    file.write_text(text)
    assert str(file) in refusal(capsys, "train", "--config", str(file))


def test_a_missing_config_file_is_refused_with_the_names_of_ours(capsys):
    assert "05_cnn_ce_sgd" in refusal(capsys, "train", "--config", "nope.yaml")


def test_the_command_line_wins_over_the_file(monkeypatch, tiny_data, tmp_path):
    seen = []
    monkeypatch.setattr("mnist_paddle.trainer.train_and_evaluate", seen.append)
    file = tmp_path / "my.yaml"
    values = {"model": "mlp", "lr": 0.5, "gpu": True, "data": str(tiny_data)}
    file.write_text(yaml.safe_dump(values))
    words = ["train", "--lr", "0.25", "--config", str(file), "--batch-size", "7", "--no-gpu"]
    with pytest.raises(SystemExit) as stop:
        main(tokens=words)
    assert not stop.value.code
    assert seen == [Config(model="mlp", lr=0.25, batch_size=7, data=str(tiny_data))]


def test_resume_alone_means_the_newest_and_a_file_that_file():
    from mnist_paddle.commands import app, complete

    def resume(*words):
        arguments = app.parse_args(complete(["train", *words]), exit_on_error=False)[1].arguments
        return arguments["options"].resume if arguments else None

    assert resume() is None
    assert resume("--resume") == "newest"
    assert resume("--resume", "--lr", "1") == "newest"
    assert resume("--resume", "a/b.safetensors", "--lr", "1") == "a/b.safetensors"
    assert resume("--resume=a/b.safetensors") == "a/b.safetensors"
    assert (Config(resume=True).resume, Config(resume=False).resume) == ("newest", None)


def test_resume_in_a_file_may_be_true_or_false(tmp_path):
    from mnist_paddle.commands import app, complete

    for value, meaning in (("true", "newest"), ("false", None), ("null", None), ("a/b", "a/b")):
        path = tmp_path / "file.yaml"
        path.write_text(f"resume: {value}\nlr: 0.5\n")
        words = complete(["train", "--config", str(path)])
        options = app.parse_args(words, exit_on_error=False)[1].arguments["options"]
        assert (options.resume, options.lr) == (meaning, 0.5)


def test_label_smoothing_without_cross_entropy_is_refused():
    with pytest.raises(ConfigError, match="label_smoothing shares out the labels"):
        Config(loss="mse", label_smoothing=0.1)


@pytest.mark.parametrize("name", ["teacher", "teacher_temperature"])
def test_a_setting_that_is_gone_is_refused_with_what_to_do(name, capsys, tmp_path):
    sentence = refusal(capsys, "train", f"--{name}", "2")
    assert sentence == (
        f"error: --{name} is gone: it brought no gain where it was measured (docs/en/speed.md); "
        "leave it out.\n"
    )
    file = tmp_path / "my.yaml"
    file.write_text(f"{name}: 2\n")
    assert f"{file}: the key {name!r} is gone: " in refusal(capsys, "train", "--config", str(file))


def test_the_config_of_an_older_run_is_still_read(tmp_path):
    """Its settings that are gone have their defaults."""
    file = tmp_path / "config.yaml"
    file.write_text("model: mlp\nteacher: null\nteacher_temperature: 1.0\n")
    assert read_config_file(file) == {"model": "mlp"}


@pytest.mark.parametrize("name", ["infinite", "finite", "random_block"])
def test_a_generator_is_no_reader_any_more(name, capsys, tmp_path):
    sentence = f"{name} is no reader but an order of the images: write --generator {name}."
    assert sentence in refusal(capsys, "train", "--reader", name)
    file = tmp_path / "my.yaml"
    file.write_text(f"reader: {name}\n")
    assert sentence in refusal(capsys, "train", "--config", str(file))
    with pytest.raises(ConfigError, match=f"write --generator {name}"):
        Config(reader=name)


def test_the_help_of_train_shows_its_settings_in_groups(capsys):
    with pytest.raises(SystemExit):
        main(tokens=["train", "--help"])
    text = capsys.readouterr().out
    titles = ["Data", "Network", "Learning", "Order of the images", "Reading", "Device"]
    headings = [
        re.search(rf"^\W*\b{title}\b\W*$", text, re.MULTILINE) for title in [*titles, "Run folder"]
    ]
    places = [heading.start() for heading in headings]
    assert places == sorted(places)
    for name, place in (("--split_seed", 0), ("--hidden", 1), ("--beta1", 2), ("--seed", 3)):
        found = text.index(f"{name} ", places[0])
        assert places[place] < found < places[place + 1], name
