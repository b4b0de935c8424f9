"""Exports opened again by their own runtimes, and exports that a stranger has touched."""

import hashlib
import importlib.util
import json
import os
import pickle
import shutil
import subprocess
import sys

import numpy as np
import paddle
import pytest
from PIL import Image

from benchmarks.support import ROOT
from mnist_paddle import checkpoint
from mnist_paddle.config import Config
from mnist_paddle.data import load_data, scale_pixels
from mnist_paddle.errors import CheckpointError, ExportError
from mnist_paddle.export import export
from mnist_paddle.export import write as export_module
from mnist_paddle.models import build_model
from mnist_paddle.predict import load_model, predict
from mnist_paddle.predict.runtimes import CARD, FORMS
from mnist_paddle.trainer import train_and_evaluate
from tests.support.tiers import small

NETWORKS = [f"{model}_{loss}" for model in ("linear", "mlp", "cnn") for loss in ("mse", "ce")]
NETWORKS += ["lenet_ce", "vgg_ce"]
PADDLE_3 = int(paddle.__version__.split(".")[0]) >= 3
ONNX = all(importlib.util.find_spec(name) for name in ("paddle2onnx", "onnx", "onnxruntime"))
needs_onnx = pytest.mark.skipif(
    not ONNX,
    reason=f"ONNX is not installed: scripts/install {'onnx' if PADDLE_3 else 'onnx26'}, "
    "with Python 3.10 to 3.12",
)
EVERY_FORM = [pytest.param(f, marks=needs_onnx if f == "onnx" else ()) for f in FORMS]


@pytest.fixture(scope="module")
def models(tiny_data, tmp_path_factory):
    """A short training of every network: its model file by the network's name."""
    folder, files = tmp_path_factory.mktemp("runs"), {}
    for name in NETWORKS:
        model, loss = name.split("_")
        settings = {"model": model, "loss": loss, "opt": "adam", "lr": 0.01, "hidden": 12}
        config = Config(**settings, data=str(tiny_data), run_dir=str(folder / name), epochs=2)
        train_and_evaluate(config)
        files[name] = folder / name / "model.safetensors"
    return files


@pytest.fixture(scope="module")
def images(tiny_data):
    return load_data("eval", tiny_data).images[:, 0]


@pytest.fixture(scope="module")
def exports(models, images, tmp_path_factory):
    """The CNN in every form that can be made here; tests copy what they spoil."""
    folder, trained = tmp_path_factory.mktemp("exports"), load_model(models["cnn_ce"])
    for form in FORMS:
        if form != "onnx" or ONNX:
            export(trained, form, folder / form, images, "tests")
    return folder


@pytest.fixture
def copy(exports, tmp_path):
    def make(form):
        return shutil.copytree(exports / form, tmp_path / form)

    return make


def outputs_of(trained, images):
    with paddle.no_grad():
        return trained.model(paddle.to_tensor(scale_pixels(images[:, None]))).numpy()


def seal(folder):
    """Write the digests of the files as they are now into the card, as a careful stranger would."""
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    for name in card["files"]:
        card["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / CARD).write_text(json.dumps(card), encoding="utf-8")


def program_of(folder):
    (program,) = (*folder.glob("inference.json"), *folder.glob("inference.pdmodel"))
    return program


@pytest.mark.parametrize("form", EVERY_FORM)
@pytest.mark.parametrize("name", small("cnn_ce", *(name for name in NETWORKS if name != "cnn_ce")))
def test_an_export_computes_what_the_original_does(models, images, tmp_path, name, form):
    trained = load_model(models[name])
    comparison = export(trained, form, tmp_path / "out", images, "tests")
    assert comparison.images == len(images)
    exported = load_model(tmp_path / "out")
    original = outputs_of(trained, images)
    difference = np.abs(outputs_of(exported, images) - original).max()
    assert max(difference, comparison.max_difference) <= 1e-4
    assert np.ptp(original, axis=0).max() > 0.01  # it says different things of different images
    assert exported.header == trained.header
    answers, originals = predict(exported, images), predict(trained, images)
    assert [a.digit for a in answers] == [a.digit for a in originals]
    assert os.listdir(tmp_path) == ["out"]
    assert {file.name for file in (tmp_path / "out").iterdir()} <= {*FORMS[form], CARD}


@pytest.mark.parametrize("form", EVERY_FORM)
def test_the_batch_is_free(exports, images, form):
    exported = load_model(exports / form)
    whole = outputs_of(exported, images)
    for size in (1, 3, len(images)):
        part = outputs_of(exported, images[:size])
        np.testing.assert_allclose(part, whole[:size], atol=1e-4)


@pytest.mark.parametrize("form", EVERY_FORM)
def test_a_file_of_an_export_names_it_as_the_folder_does(exports, images, form):
    whole = outputs_of(load_model(exports / form), images)
    for name in json.loads((exports / form / CARD).read_text(encoding="utf-8"))["files"]:
        if not name.endswith(".info"):
            part = outputs_of(load_model(exports / form / name), images)
            np.testing.assert_array_equal(part, whole)


def test_safetensors_are_the_model_file_itself(exports, models):
    exported = exports / "safetensors" / "model.safetensors"
    assert exported.read_bytes() == models["cnn_ce"].read_bytes()


def test_a_training_checkpoint_exports_as_the_model_of_its_run(models, images, tmp_path):
    newest = max((models["cnn_ce"].parent / "checkpoints").glob("step_*.safetensors"))
    export(load_model(newest), "safetensors", tmp_path / "out", images, "tests")
    tensors, header = checkpoint.load(tmp_path / "out" / "model.safetensors")
    expected, expected_header = checkpoint.load(models["cnn_ce"])
    assert tensors.keys() == expected.keys()
    assert all(np.array_equal(tensors[key], expected[key]) for key in tensors)
    assert header == {**expected_header, "metrics": {}}


def test_the_card_says_what_goes_in_and_what_comes_out(exports, models, images):
    """Somebody who has the card, NumPy and Paddle, and nothing of ours, gets the same digits."""
    card = json.loads((exports / "pdparams" / CARD).read_text(encoding="utf-8"))
    model = build_model(**card["header"]["model"])
    model.set_state_dict(paddle.load(str(exports / "pdparams" / "model.pdparams")))
    pixels = images.astype(card["input"]["dtype"]) / card["preprocessing"]["divide_by"]
    pixels = pixels.reshape([-1, *card["input"]["shape"][1:]])
    scores = model(paddle.to_tensor(pixels)).numpy()
    assert list(scores.shape[1:]) == card["output"]["shape"][1:]
    digits = [card["classes"][place] for place in scores.argmax(1)]
    originals = predict(load_model(models["cnn_ce"]), images)
    assert digits == [str(answer.digit) for answer in originals]
    assert card["header"]["data"] == load_model(models["cnn_ce"]).header["data"]
    assert card["comparison"]["images"] == len(images)


@needs_onnx
def test_an_onnx_file_says_the_same_of_itself(exports, images):
    import onnxruntime

    card = json.loads((exports / "onnx" / CARD).read_text(encoding="utf-8"))
    session = onnxruntime.InferenceSession(
        exports / "onnx" / "model.onnx", providers=["CPUExecutionProvider"]
    )
    (given,), (got,) = session.get_inputs(), session.get_outputs()
    assert (given.name, given.shape) == (card["input"]["name"], card["input"]["shape"])
    assert (got.name, got.shape) == (card["output"]["name"], card["output"]["shape"])
    said = session.get_modelmeta().custom_metadata_map
    for key in ("input", "output", "preprocessing", "classes", "header"):
        assert json.loads(said[key]) == card[key]
    (scores,) = session.run(None, {"images": scale_pixels(images[:, None])})
    np.testing.assert_array_equal(scores, outputs_of(load_model(exports / "onnx"), images))


@needs_onnx
def test_an_onnx_file_needs_no_card(exports, images, tmp_path):
    shutil.copy(exports / "onnx" / "model.onnx", tmp_path / "renamed.onnx")
    alone = load_model(tmp_path / "renamed.onnx")
    assert predict(alone, images) == predict(load_model(exports / "onnx"), images)


@pytest.mark.parametrize("form", EVERY_FORM)
def test_evaluate_and_predict_take_what_export_writes(command, models, tiny_data, tmp_path, form):
    model = models["cnn_mse"]
    done = command("export", "--checkpoint", model, "--to", form, "out/cnn", "--data", tiny_data)
    assert done.returncode == 0, done.stderr
    assert "compared on 170 images (eval of tiny" in done.stdout
    assert "same digits, max difference" in done.stdout

    def said(*words):
        done = command(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    evaluate = ["evaluate", "--data", tiny_data, "--checkpoint"]
    table = said(*evaluate, "out/cnn").split("\n\n")[1:3]
    assert table == said(*evaluate, model).split("\n\n")[1:3]
    assert "/170 " in table[0]

    image = load_data("eval", tiny_data).images[3, 0]
    Image.fromarray(255 - np.pad(image, 20)).save(tmp_path / "digit.png")
    answers = [
        json.loads(said("predict", "digit.png", "--json", "--checkpoint", path))[0]["digit"]
        for path in ("out/cnn", model)
    ]
    assert answers[0] == answers[1]


def test_without_a_data_file_digits_are_drawn_and_the_command_says_so(command, models, tmp_path):
    words = ["export", "--checkpoint", models["linear_ce"], "--to", "safetensors", "out"]
    done = command(*words)
    assert done.returncode == 0, done.stderr
    assert "compared on 1,000 images (drawn digits)" in done.stdout
    refused = command(*words, "--data", "none.json.gz")
    assert refused.returncode == 2
    assert "none.json.gz" in refused.stderr


def test_an_earlier_export_is_replaced_and_nothing_else_is(models, images, tmp_path):
    trained, out = load_model(models["linear_ce"]), tmp_path / "out"
    out.mkdir()
    for form in ("paddle", "safetensors", "pdparams"):
        export(trained, form, out, images, "tests")
        (out / "confusion_eval.png").write_bytes(b"what evaluate.py draws")
    assert {file.name for file in out.iterdir()} == {CARD, "model.pdparams", "confusion_eval.png"}
    (out / "thesis.txt").write_text("mine")
    with pytest.raises(ExportError, match=r"holds thesis\.txt, which is no export"):
        export(trained, "paddle", out, images, "tests")
    assert (out / "thesis.txt").read_text() == "mine"
    other = tmp_path / "other"
    other.mkdir()
    (other / "model.onnx").write_text("mine")  # without a card
    with pytest.raises(ExportError, match=r"holds model\.onnx"):
        export(trained, "onnx", other, images, "tests")
    with pytest.raises(ExportError, match="is a file"):
        export(trained, "paddle", out / "thesis.txt", images, "tests")
    assert sorted(os.listdir(tmp_path)) == ["other", "out"]


def test_a_link_to_a_folder_stays_a_link(models, images, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "out").symlink_to("disk")
    for _ in range(2):
        export(load_model(models["linear_ce"]), "pdparams", tmp_path / "out", images, "tests")
    assert (tmp_path / "out").is_symlink()
    assert (tmp_path / "disk" / CARD).is_file()
    assert sorted(os.listdir(tmp_path)) == ["disk", "out"]


def test_a_model_without_weights_is_not_exported_again(exports, images, tmp_path):
    with pytest.raises(ExportError, match="no weights to export"):
        export(load_model(exports / "paddle"), "pdparams", tmp_path / "out", images, "tests")
    assert not os.listdir(tmp_path)


def test_an_export_that_computes_something_else_is_refused(models, images, tmp_path, monkeypatch):
    trained = load_model(models["cnn_ce"])
    writers = dict(export_module._WRITERS)

    def spoil(change):
        def write(model, folder, card):
            other = build_model("cnn", 10)
            state = {key: value.numpy() for key, value in model.state_dict().items()}
            other.set_state_dict({k: paddle.to_tensor(v) for k, v in change(state).items()})
            writers["paddle"](other.eval() or other, folder, card)

        monkeypatch.setitem(export_module._WRITERS, "paddle", write)

    def swap(state):
        return {**state, "output.bias": state["output.bias"] + np.arange(10, dtype="float32")}

    for change, sentence in (
        (swap, "images as other digits"),
        (lambda state: {k: v * np.float32(1.001) for k, v in state.items()}, "differ by up to"),
        (lambda state: {k: v * np.float32("nan") for k, v in state.items()}, "the export"),
    ):
        spoil(change)
        with pytest.raises(ExportError, match=sentence):
            export(trained, "paddle", tmp_path / "out", images, "tests")
        assert not os.listdir(tmp_path)


def without(module, words, cwd):
    """Run a command in a process that cannot find `module`."""
    code = (
        f"import sys; sys.modules[{module!r}] = None\n"
        f"from mnist_paddle.commands import main; main(None, {[str(w) for w in words]!r})"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env=environment, capture_output=True, text=True
    )


def is_one_sentence(done):
    assert done.returncode == 2, done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert "Traceback" not in done.stderr
    return errors[0]


@pytest.mark.parametrize("module", small("paddle2onnx", "onnx", "onnxruntime"))
def test_a_missing_converter_says_what_to_install(models, tmp_path, module):
    words = ["export", "--checkpoint", models["linear_ce"], "--to", "onnx", "a/out"]
    said = is_one_sentence(without(module, words, tmp_path))
    if sys.version_info >= (3, 13):
        assert "Python 3.13" in said
    else:
        assert module in said
        assert f"scripts/install {'onnx' if PADDLE_3 else 'onnx26'}, or pip install " in said
    assert not os.listdir(tmp_path)


@needs_onnx
def test_a_missing_runtime_says_what_to_install(exports, tmp_path):
    words = ["evaluate", "--checkpoint", exports / "onnx"]
    said = is_one_sentence(without("onnxruntime", words, tmp_path))
    assert "needs onnxruntime" in said
    assert "scripts/install onnx" in said


@needs_onnx
@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        ("raise ImportError('undefined symbol: _ZN3pir6detail')", "undefined symbol"),
        ("import os; os.abort()", "does not convert the model"),
        *(
            pytest.param(
                f"def export(*args, **options): {broken}", sentence, marks=pytest.mark.large
            )
            for broken, sentence in [
                ("print('converted'); raise SystemExit(3)", "exit code 3"),
                ("return b''", "does not convert the model"),
                ("return b'no model'", "made no ONNX model"),
            ]
        ),
    ],
)
def test_a_broken_converter_is_a_sentence(command, models, tmp_path, broken, sentence):
    site, work = tmp_path / "site", tmp_path / "work"
    site.mkdir()
    work.mkdir()
    (site / "paddle2onnx.py").write_text(broken)
    words = ["export", "--checkpoint", models["linear_ce"], "--to", "onnx", "out"]
    said = is_one_sentence(command(*words, cwd=work, PYTHONPATH=f"{site}{os.pathsep}{ROOT}"))
    assert sentence in said
    assert not os.listdir(work)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 60 kB, mounted on a folder: less than the CNN needs."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=60k", "tmpfs", folder]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs the right to mount a small disk")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("form", EVERY_FORM)
def test_a_full_disk_leaves_nothing_and_says_so(models, images, small_disk, form):
    with pytest.raises(OSError, match="No space left on device"):
        export(load_model(models["cnn_ce"]), form, small_disk / "out", images, "tests")
    assert not os.listdir(small_disk)


def test_a_folder_that_cannot_be_made_is_a_sentence(command, models, tmp_path):
    (tmp_path / "file").write_text("mine")
    for folder in ("file/out", "file"):
        words = ["export", "--checkpoint", models["linear_ce"], "--to", "paddle", folder]
        assert "file" in is_one_sentence(command(*words))
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("form", EVERY_FORM)
def test_a_damaged_export_is_named_and_refused(copy, rng, form):
    """One bit, wherever it is, or the end cut off; of every file and of the card."""
    folder = copy(form)
    files = [file for file in folder.iterdir() if file.name != CARD]
    for file in files * 5:
        content = file.read_bytes()
        place = int(rng.integers(len(content)))
        flipped = bytearray(content)
        flipped[place] ^= 1 << int(rng.integers(8))
        for bad in (bytes(flipped), content[:place], b"", content + b"\0"):
            file.write_bytes(bad)
            with pytest.raises(CheckpointError, match=file.name):
                load_model(folder)
        file.write_bytes(content)
    load_model(folder)
    files[0].unlink()
    with pytest.raises(CheckpointError, match="no such file"):
        load_model(folder)


BAD_CARDS = [
    *(b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"form": "paddle"}'),
    b'{"form": "paddle", "files": {"../x": "0"}, "header": {}}',
    b'{"form": "pdparams", "files": {}, "header": {}}',
    b'{"form": ["pdparams"], "files": {"model.pdparams": "0"}, "header": {}}',
    b'{"form": "onnx", "files": {"model.onnx": 7}, "header": {}}',
    b'{"form": "onnx", "files": ["model.onnx"], "header": {}}',
    b'{"form": "onnx", "files": {"model.onnx": "0"}, "header": []}',
    b'{"a": "' + b"a" * 2_000_000 + b'"}',
]


@pytest.mark.parametrize("card", BAD_CARDS, ids=range(len(BAD_CARDS)))
def test_a_card_of_a_stranger_is_refused(copy, card):
    folder = copy("paddle")
    (folder / CARD).write_bytes(card)
    with pytest.raises(CheckpointError, match=CARD):
        load_model(folder)


def test_what_has_no_card_is_refused(copy, tmp_path):
    for form in ("paddle", "pdparams", "safetensors"):
        folder = copy(form)
        (folder / CARD).unlink()
        with pytest.raises(CheckpointError, match=r"has no model_card\.json"):
            load_model(folder)
    for name in ("inference.json", "inference.pdmodel", "model.pdparams", "model.onnx"):
        with pytest.raises(CheckpointError, match="no such model file"):
            load_model(tmp_path / "none" / name)
    load_model(folder / "model.safetensors")  # explains itself


HEADERS = [
    {},
    {"objective": "ce"},
    {"objective": "ce", "model": {"name": "cnn", "outputs": 1, "hidden": 10}},
    {"objective": "ce", "model": {"name": "cnn", "outputs": "many", "hidden": 10}},
    {"objective": "mse", "model": {"name": "cnn", "outputs": 10, "hidden": 10}},
    {"objective": ["ce"], "model": {"name": "cnn", "outputs": 10, "hidden": 10}},
    {"objective": "ce", "model": [], "data": {"name": "x"}},
    {"objective": "ce", "model": {"name": "mlp", "outputs": 10, "hidden": 10**9}},
]


@pytest.mark.parametrize("header", HEADERS, ids=range(len(HEADERS)))
def test_a_card_that_says_something_else_of_the_network_is_refused(copy, header):
    for form in ("paddle", "pdparams"):
        folder = copy(form)
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        (folder / CARD).write_text(json.dumps({**card, "header": header}), encoding="utf-8")
        with pytest.raises(CheckpointError):
            load_model(folder)


def test_a_paddle_program_of_a_stranger_is_refused(copy):
    """Its card is right: it is a program all the same, or none."""
    folder = copy("paddle")
    program = program_of(folder)
    content = program.read_bytes()
    bad = [b"", b"{}", b"[1, 2]", b"\0\xff" * 500, content[: len(content) // 2]]
    if PADDLE_3:
        bad += [content.replace(b"1.relu", b"1.save"), content.replace(b"1.flatten", b"1.sigmoid")]
        bad += [content.replace(b"1.conv2d", b"1.linear_v2")]
    else:
        bad += [content.replace(b"relu", b"save"), content.replace(b"conv2d", b"assert")]
    for number, spoilt in enumerate(bad):
        assert spoilt != content, number
        program.write_bytes(spoilt)
        seal(folder)
        with pytest.raises(CheckpointError, match=program.name):
            load_model(folder)


@pytest.mark.skipif(PADDLE_3, reason="Paddle 2.6 crashes at a program of Paddle 3")
def test_paddle_2_refuses_a_program_of_paddle_3(copy):
    folder = copy("paddle")
    text = (
        (folder / CARD).read_text(encoding="utf-8").replace("inference.pdmodel", "inference.json")
    )
    (folder / CARD).write_text(text, encoding="utf-8")
    (folder / "inference.json").write_bytes((folder / "inference.pdmodel").read_bytes())
    with pytest.raises(CheckpointError, match="was exported with Paddle 3"):
        load_model(folder)


class Runs:
    """Pickled, it makes whoever loads it call a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def test_a_hostile_pickle_is_refused_and_does_not_run(copy, tmp_path):
    folder, marker = copy("pdparams"), tmp_path / "it ran"
    weights = pickle.loads((folder / "model.pdparams").read_bytes())
    run = Runs(os.system, f"touch '{marker}'")
    hostile = {
        "instead": run,
        "among the weights": {**weights, "output.bias": run},
        "under Paddle's own key": {**weights, "StructuredToParameterName@@": run},
        "by Python": {**weights, "x": Runs(eval, f"open({str(marker)!r}, 'w')")},
        "by NumPy": {**weights, "x": Runs(np.save, str(marker), np.zeros(1))},
        "a list": list(weights.values()),
        "objects": {**weights, "output.bias": np.array([{}, []], dtype=object)},
        "not a name": {**weights, 7: weights["output.bias"]},
        "text": {**weights, "output.bias": "text"},
        "huge": {**weights, "output.bias": Runs(np.ndarray, (10**15,))},
    }
    contents = {name: pickle.dumps(content, protocol=4) for name, content in hostile.items()}
    contents |= {"empty": b"", "torn": pickle.dumps(weights)[:-9]}
    contents["two of them"] = pickle.dumps(weights) + pickle.dumps(run)
    contents["a global alone"] = b"cos\nsystem\n."
    for name, content in contents.items():
        (folder / "model.pdparams").write_bytes(content)
        seal(folder)
        with pytest.raises(CheckpointError, match=r"model\.pdparams|output\.bias|weight"):
            load_model(folder)
        assert not marker.exists(), name
        assert not marker.with_suffix(".npy").exists(), name


@needs_onnx
def test_an_onnx_file_cut_off_anywhere_is_refused(exports, tmp_path, rng):
    content = (exports / "onnx" / "model.onnx").read_bytes()
    path = tmp_path / "model.onnx"
    for length in (0, 1, *rng.integers(2, len(content) - 1, 40)):
        path.write_bytes(content[:length])
        with pytest.raises(CheckpointError, match=r"model\.onnx"):
            load_model(path)


@needs_onnx
def test_an_onnx_file_of_somebody_else_is_refused(tmp_path, exports):
    import onnx
    from onnx import TensorProto, helper

    def other(shape, kind=TensorProto.FLOAT, inputs=1, **properties):
        names = [f"x{number}" for number in range(inputs)]
        ends = [helper.make_tensor_value_info(name, kind, shape) for name in names]
        node = helper.make_node("Sum" if inputs > 1 else "Identity", names, ["y"])
        result = helper.make_tensor_value_info("y", kind, shape)
        model = helper.make_model(
            helper.make_graph([node], "other", ends, [result]),
            opset_imports=[helper.make_opsetid("", 13)],
        )
        model.ir_version = 7
        helper.set_model_props(model, properties)
        onnx.save(model, tmp_path / "other.onnx")
        return tmp_path / "other.onnx"

    header = json.dumps(json.loads((exports / "onnx" / CARD).read_text())["header"])
    with pytest.raises(CheckpointError, match=r"other\.onnx has no header of this package"):
        load_model(other(["n", 1, 28, 28]))
    for text in ("", "[" * 100_000, "{"):
        with pytest.raises(CheckpointError, match=r"other\.onnx has no header of this package"):
            load_model(other(["n", 1, 28, 28], header=text))
    for model in (
        lambda: other(["n", 3, 224, 224], header=header),
        lambda: other(["n", 1, 28, 28], header=header),  # gives no ten scores
        lambda: other(["n", 1, 28, 28], TensorProto.DOUBLE, header=header),
        lambda: other(["n", 1, 28, 28], inputs=2, header=header),
        lambda: other(["n", 1, 28, 28], header="[]"),
    ):
        with pytest.raises(CheckpointError, match=r"other\.onnx"):
            load_model(model())
