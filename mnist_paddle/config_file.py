"""Settings in a YAML file: which keys may it hold, and which settings do we ship?

A key that Config does not have is refused, with the nearest right name; `configs/` holds a file for
each stage of the tutorial and one for each record. The command line wins over the file.
"""

import dataclasses
import difflib
from pathlib import Path
from typing import Any

from cyclopts import App, ArgumentCollection
from cyclopts.config import Dict

from .config import GONE, Config
from .errors import ConfigError

_HERE = Path(__file__).parent
# Installed, the configs lie inside the package; in a clone, at the top level.
CONFIGS = _HERE / "configs" if (_HERE / "configs").is_dir() else _HERE.parent / "configs"


def read_config_file(name: str | Path) -> dict[str, Any]:
    """Read a YAML file of Config's keys, by path or by the name of one that we ship.

    `configs/05_cnn_ce_sgd.yaml` and `05_cnn_ce_sgd` both find ours from any folder.

    Raises:
        ConfigError: no such file, not a YAML mapping, or a key that Config does not have; the
            nearest right name is suggested.
    """
    import yaml  # here, for the help of a command is there sooner without it

    path = Path(name)
    if not path.is_file():
        path = CONFIGS / f"{path.stem}.yaml"
    if not path.is_file():
        ours = ", ".join(sorted(file.stem for file in CONFIGS.glob("*.yaml")))
        raise ConfigError(f"{name}: no such config file; ours are {ours}.")
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name} is not YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{name} must hold lines of the form key: value.")
    known = [field.name for field in dataclasses.fields(Config)]
    for key in content.keys() & GONE.keys():
        if content.pop(key) != GONE[key].default:  # an older run's file has the default
            raise ConfigError(f"{name}: the key {key!r} is gone: {GONE[key].instead}.")
    for key in content:
        if key not in known:
            nearest = difflib.get_close_matches(str(key), known, n=1)
            hint = (
                f"Did you mean {nearest[0]!r}?" if nearest else f"The keys are {', '.join(known)}."
            )
            raise ConfigError(f"{name}: unknown key {key!r}. {hint}")
    return content


def use_config_file(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Give cyclopts the values of the file that `--config` names; the command line goes first."""
    option = arguments.get("--config")
    if option is not None and option.tokens:
        name = option.tokens[0].value
        values = read_config_file(name)
        Dict(values, source=name, use_commands_as_keys=False)(app, commands, arguments)
