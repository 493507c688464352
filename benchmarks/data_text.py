"""The text side at full size: preparing, beside reading the same files and running the section parser alone.

The reference is one process that reads the tables' bytes, then opens, decodes and parses every report, and
keeps nothing. It lists no folder, looks for no image, reads no date, links no prior and writes no file. The
reader has one process a core beside its own; how long the reference takes in as many is told as well.
Each measurement is a process of its own; the files are warm for all.
"""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from priorrg.data.encoding import decoded
from priorrg.data.processes import started
from priorrg.data.report_files import read_report
from priorrg.data.sections import parse_sections

_AT_ONCE = 512
_PREPARE = """
import json, re, resource, sys, time
from pathlib import Path
from priorrg.data.mimic_cxr import prepare

root, reports, out, workers = Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
began = time.perf_counter()
done = prepare(root, out, reports_root=reports, workers=workers)
seconds = time.perf_counter() - began
peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
peak += workers * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps({"seconds": seconds, "peak_gb": peak / 2**20, "counts": done.card["counts"]}))
"""
_ALONE = """
import json, sys
from benchmarks.data_text import alone
print(json.dumps({"seconds": alone(sys.argv[1], sys.argv[2], int(sys.argv[3]))}))
"""


def alone(root: str, reports: str, workers: int) -> float:
    """Return the seconds of reading tables and reports and parsing these, in ``workers`` or no processes."""
    tables = sorted(Path(root).glob("*.csv"))
    texts = sorted(map(str, Path(reports).rglob("*.txt")))
    batches = [texts[start : start + _AT_ONCE] for start in range(0, len(texts), _AT_ONCE)]
    began = time.perf_counter()
    for table in tables:
        table.read_bytes()
    with started(parse_all, batches, workers) as parts:
        parsed = sum(parts)
    seconds = time.perf_counter() - began
    if parsed != len(texts):
        raise ValueError(f"{parsed} reports were parsed; expected {len(texts)}")
    return seconds


def parse_all(paths: Sequence[str]) -> int:
    """Read and parse the reports; return how many had a section."""
    return sum(bool(parse_sections(decoded(read_report(path)[0])).headers) for path in paths)


def measure(root: Path, reports: Path, out: Path, workers: int) -> dict[str, Any]:
    """Return seconds of preparing and of the references, the better of two each, and the peak in GB."""
    prepared, single, several = [], [], []
    for _ in range(2):
        single.append(_run(_ALONE, root, reports, 0)["seconds"])
        several.append(_run(_ALONE, root, reports, workers)["seconds"])
        prepared.append(_run(_PREPARE, root, reports, out, workers))
    return {
        "seconds": min(run["seconds"] for run in prepared),
        "reference": min(single),
        "reference_in_processes": min(several),
        "processes": workers,
        "peak_gb": max(run["peak_gb"] for run in prepared),
        "counts": prepared[0]["counts"],
    }


def _run(code: str, *arguments: object) -> dict[str, Any]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured
