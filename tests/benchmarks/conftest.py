"""The benchmarks are not installed: they stand in a folder of their own, beside the tests."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
