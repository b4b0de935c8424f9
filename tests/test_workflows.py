"""The workflows, hooks and pinned versions of the project: they name what is there."""

import re
import shlex
import subprocess
from configparser import ConfigParser
from itertools import pairwise

import pytest
import yaml
from packaging.requirements import Requirement

from benchmarks.support import ROOT
from tests.support.pages import CHINESE, LINK, differences, not_there, sections

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
ELSEWHERE = {"build", "pip", "pytest", "twine"}  # modules that are not ours


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def steps_of(workflow):
    """Return the steps of all jobs of a workflow."""
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def commands_of(workflow):
    """Yield the words of each line that a workflow runs."""
    for step in steps_of(workflow):
        for line in step.get("run", "").splitlines():
            yield shlex.split(re.sub(r"\$\{\{.*?\}\}", "X", line))


def test_there_is_a_workflow_for_each_occasion():
    assert [path.stem for path in WORKFLOWS] == ["docs", "nightly", "release", "test"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_command_of_a_workflow_names_what_is_there(path):
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    commands = list(commands_of(workflow))
    assert commands
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    extras = set(config["options.extras_require"])
    for words in commands:
        assert not_there(" ".join(words)) == []
        for word, following in pairwise(words):
            if word.endswith("python") and following.endswith(".py"):
                assert (ROOT / following).is_file()
            if word == "-m" and words[0].endswith("python") and following.isidentifier():
                assert following in ELSEWHERE
        for named in re.findall(r"\[([\w,]+)\]", " ".join(words)):
            assert set(named.split(",")) <= extras
        if words[0] == "scripts/install":
            assert set(words[1:]) <= {"--locked", *extras}
        if words[0].startswith("scripts/"):
            header = read(words[0]).partition("set -")[0]
            assert all(word in header for word in words[1:] if words[0] != "scripts/install")
    for step in steps_of(workflow):
        files = step.get("with", {}).get("cache-dependency-path")
        assert not files or (ROOT / files).is_file()
        assert re.fullmatch(r"actions/[\w-]+@v\d+", step.get("uses", "actions/x@v1"))


def test_the_workflows_try_each_python_and_system():
    workflow = yaml.safe_load(read(".github/workflows/test.yaml"))
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    offered = re.findall(r":: (3\.\d+)", config["metadata"]["classifiers"])
    assert workflow["jobs"]["linux"]["strategy"]["matrix"]["python"] == offered
    systems = workflow["jobs"]["quickstart"]["strategy"]["matrix"]["os"]
    assert {system.split("-")[0] for system in systems} == {"ubuntu", "windows", "macos"}


def test_the_hooks_refuse_mnist_and_nothing_that_is_in_the_project():
    hooks = [
        hook
        for repo in yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]
        for hook in repo["hooks"]
    ]
    names = {hook["id"] for hook in hooks}
    assert names == {"check-added-large-files", "no-mnist", "ruff-check", "ruff-format"}
    (refused,) = [re.compile(hook["files"]) for hook in hooks if hook["id"] == "no-mnist"]
    for name in (
        "train-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte.gz",
        "a/train-images.idx3-ubyte",
        "work/mnist.json.gz",
        "mnist.pkl.gz",
        "mnist.npz",
        "mnist_train.csv",
    ):
        assert refused.search(name), name
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout
    assert [name for name in files.splitlines() if refused.search(name)] == []
    assert f"ruff=={pins()['ruff'][0][0]}" in read(".pre-commit-config.yaml")


def pins():
    """Return the versions of each package that constraints.txt pins, with their markers."""
    found = {}
    for line in read("constraints.txt").splitlines():
        if line.startswith("#"):
            continue
        requirement = Requirement(line)
        ((operator, version),) = [(one.operator, one.version) for one in requirement.specifier]
        assert operator == "=="
        found.setdefault(requirement.name, []).append((version, requirement.marker))
    return found


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13"])
def test_each_package_has_one_pinned_version_for_each_python(python):
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    needed = config["options"]["install_requires"].splitlines()
    for extra in ("cpu", "test", "viz", "onnx", "demo"):
        needed += config["options.extras_require"][extra].splitlines()
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    versions = {}
    for name, choices in pins().items():
        fitting = [one for one, marker in choices if not marker or marker.evaluate(environment)]
        assert len(fitting) <= 1, name
        versions[re.sub(r"[-_.]+", "-", name).lower()] = fitting
    for requirement in map(Requirement, filter(None, needed)):
        if requirement.marker and not requirement.marker.evaluate(environment):
            continue
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        if name in ("setuptools", "wheel"):  # what builds, not what runs
            continue
        assert len(versions[name]) == 1, name
        assert requirement.specifier.contains(versions[name][0]), name


def test_what_contributors_read_is_the_same_in_both_languages():
    english, chinese = read("CONTRIBUTING.md"), read("CONTRIBUTING.zh-CN.md")
    assert differences(english, chinese) == []
    assert all(
        CHINESE.search("".join(section.text))
        for section in sections(chinese)[1:]
        if "".join(section.text).strip()
    )
    for name in ("CONTRIBUTING.md", "CONTRIBUTING.zh-CN.md", "SECURITY.md"):
        assert not_there(read(name)) == []
        for _, target in LINK.findall(read(name)):
            assert (ROOT / target).is_file(), target


def test_the_model_card_has_the_figures_of_the_weights():
    from mnist_paddle.checkpoint import load

    card = read("mnist_paddle/weights/README.md")
    _, header = load(ROOT / "mnist_paddle" / "weights" / "digits.safetensors")
    metrics = header["metrics"]
    assert f"{metrics['eval_correct']} of the 10,000 images of MNIST's test set" in card
    assert f"{metrics['valid_correct']} of the 10,000 of valid" in card
    assert f"{header['config']['epochs']} epochs" in card
