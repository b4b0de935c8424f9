"""Claims about files from strangers: spoiled in thousands of ways, none does any harm.

benchmarks/support/hostile.py makes and reads them, each reader in a process of its own.
"""

import json
import os
import subprocess
import sys

import pytest

from benchmarks.support import ROOT
from benchmarks.support.hostile import READERS

COUNTS = {"json_gz": 5000, "idx": 5000, "checkpoint": 5000, "picture": 6000, "cache": 1500}
# MiB beyond what the process has before the first file. A picture of the largest size that is
# allowed needs 4 + 1 bytes for each of its 50 million pixels, and up to 4 for a line buffer or two.
MOST_MIB = {"json_gz": 64, "idx": 64, "checkpoint": 128, "picture": 400, "cache": 64}


def run(code, tmp_path, timeout=400):
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-W", "always", *map(str, code)]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=timeout
    )


def test_at_least_20_000_files_of_strangers_are_read():
    assert COUNTS.keys() == MOST_MIB.keys() == READERS.keys()
    assert min(COUNTS[name] for name in ("json_gz", "idx", "checkpoint", "picture")) >= 4000
    assert sum(COUNTS[name] for name in ("json_gz", "idx", "checkpoint", "picture")) >= 20_000


@pytest.mark.parametrize("share", [0.02, pytest.param(1, marks=pytest.mark.large)])
@pytest.mark.parametrize("reader", COUNTS)
def test_a_spoiled_file_ends_in_a_result_or_in_an_error_of_ours(reader, share, tmp_path, capsys):
    count = round(share * COUNTS[reader])
    finished = run(["-m", "benchmarks.support.hostile", reader, count, 0], tmp_path)
    assert finished.returncode == 0, finished.stderr
    numbers = json.loads(finished.stdout.splitlines()[-1])
    failures, printed = numbers.pop("failures"), numbers.pop("printed")
    with capsys.disabled():
        print(f"\n{numbers}", end=" ")
    assert failures == []
    assert printed == ""
    assert numbers["tried"] == numbers["accepted"] + numbers["refused"] == count
    # The files are neither all hopeless nor all harmless; a bad cache is made anew, never refused.
    assert numbers["accepted"] > count // 20
    assert numbers["refused"] > count // 20 or reader == "cache"
    assert numbers["peak_mib"] - numbers["before_mib"] < MOST_MIB[reader]


FAULTY = """
import json, time, warnings
from benchmarks.support import hostile
def slow(path): time.sleep(30)
def wrong(path): {}["no error of ours"]
def noisy(path): warnings.warn("careless")
hostile.SECONDS_PER_FILE = 1
hostile.READERS["faulty"] = lambda folder: (lambda chance: b"", {name})
print(json.dumps(hostile.fuzz("faulty", 3, 0)))
"""


@pytest.mark.large
def test_the_fuzz_notices_what_hangs_what_escapes_and_what_is_printed(tmp_path):
    hanging = run(["-c", FAULTY.replace("{name}", "slow")], tmp_path, 60)
    assert hanging.returncode != 0
    assert "Timeout" in hanging.stderr
    escaping = run(["-c", FAULTY.replace("{name}", "wrong")], tmp_path, 60)
    assert "no error of ours" in json.loads(escaping.stdout.splitlines()[-1])["failures"][2]
    printing = run(["-c", FAULTY.replace("{name}", "noisy")], tmp_path, 60)
    assert "careless" in json.loads(printing.stdout.splitlines()[-1])["printed"]
