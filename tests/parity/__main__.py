"""``python -m tests.parity FOLDER``: compare with published intermediate results; exit 1 where they differ."""

import argparse
import json
import re
import shlex
import sys
import tempfile
from pathlib import Path

from priorrg.provenance import code_commit, software_versions
from tests.parity.comparison import Golden


def main() -> int:
    """Print the largest difference of each tensor; return 1 if one is over its bound."""
    parser = argparse.ArgumentParser(prog="python -m tests.parity", description=__doc__)
    parser.add_argument("folder", type=Path, help="with cases.json, cases.safetensors, best_model.*")
    parser.add_argument(
        "--json", type=Path, help="write the largest difference of each kind to this file too"
    )
    options = parser.parse_args()
    if not (options.folder / "cases.json").is_file():
        parser.error(f"{options.folder}: has no cases.json")
    rows: dict[str, dict[str, float]] = {}
    over = 0
    with tempfile.TemporaryDirectory() as scratch:
        for difference in Golden(options.folder, Path(scratch)).differences():
            kind = re.sub(r"^\d+\.", "", difference.name)
            largest = max(difference.largest, rows.get(kind, {}).get("largest", 0.0))
            rows[kind] = {"largest": largest, "bound": difference.bound}
            over += not difference.within
            verdict = "ok" if difference.within else "OVER"
            print(
                f"{difference.name:28} {difference.largest:10.2e}  <= {difference.bound:.0e}  {verdict}"
            )
    print(f"{over} over the bound" if over else "every result is the published one")
    if options.json is not None:
        how = {
            "command": shlex.join(["python", "-m", "tests.parity", *sys.argv[1:]]),
            "commit": code_commit(),
            "versions": software_versions(),
        }
        options.json.write_text(
            json.dumps(how | {"over_the_bound": over, "rows": rows}, indent=1) + "\n"
        )
    return int(bool(over))


if __name__ == "__main__":
    sys.exit(main())
