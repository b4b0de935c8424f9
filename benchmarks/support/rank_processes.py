"""Find the processes that Paddle's launcher started (Linux)."""

from pathlib import Path


def pid_of_rank(rank, log_dir):
    """Find the process that Paddle's launcher started as that rank (Linux)."""
    wanted = {f"PADDLE_LOG_DIR={log_dir}", f"PADDLE_TRAINER_ID={rank}"}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes().decode().split("\0")
        except OSError:
            continue
        if wanted <= set(variables):
            return int(folder.name)
    raise AssertionError(f"no process is rank {rank}")
