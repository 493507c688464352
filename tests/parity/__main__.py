"""``python -m tests.parity FOLDER``: compare with published intermediate results; exit 1 where they differ."""

import sys
import tempfile
from pathlib import Path

from tests.parity.comparison import Golden


def main() -> int:
    """Print the largest difference of each tensor; return 1 if one is over its bound."""
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "cases.json").is_file():
        print("usage: python -m tests.parity FOLDER (with cases.json, cases.safetensors, best_model.*)")
        return 2
    over = 0
    with tempfile.TemporaryDirectory() as scratch:
        for difference in Golden(Path(sys.argv[1]), Path(scratch)).differences():
            over += not difference.within
            verdict = "ok" if difference.within else "OVER"
            print(
                f"{difference.name:28} {difference.largest:10.2e}  <= {difference.bound:.0e}  {verdict}"
            )
    print(f"{over} over the bound" if over else "every result is the published one")
    return int(bool(over))


if __name__ == "__main__":
    sys.exit(main())
