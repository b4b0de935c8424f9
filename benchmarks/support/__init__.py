"""What tests and benchmarks share: trainings, pictures, hostile files, killing, a browser."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
