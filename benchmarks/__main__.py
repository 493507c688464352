"""Run one benchmark by name."""

import importlib
import sys

NAMES = (
    "abnormal",
    "confidence",
    "data",
    "import_weights",
    "labels",
    "learning",
    "metrics",
    "phantom",
    "prior_cache",
    "speed",
    "training_speed",
)


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in NAMES:
        sys.exit(f"usage: python -m benchmarks NAME …, with NAME one of {', '.join(NAMES)}")
    importlib.import_module(f"benchmarks.{sys.argv[1]}").main(sys.argv[2:])


if __name__ == "__main__":
    main()
