"""The most memory that a stage-2 step needs, GB: ``python -m benchmarks.training_memory plain 16 [cuda]``.

On the processor that of the whole process, on a card what is allocated there. The moments of the optimizer are
in memory before, as from the second step on. A step that does not fit into what the machine has free fails by
itself, so that nothing else is killed for it.
"""

import json
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import cast

from benchmarks.plain_step import Way

BATCHES = (16, 12, 8, 6, 4, 2)
_LEFT_FREE = 1.0


def measure(batches: tuple[int, ...] = BATCHES, device: str = "cpu") -> dict[str, float]:
    """Return the peaks of both ways in GB at the largest of ``batches`` whose plain step fits, and that batch."""
    for batch in batches:
        plain = _peak("plain", batch, device)
        if plain is None:
            continue
        fast = _peak("fast", batch, device)
        if fast is not None:
            return {"batch": batch, "plain_gb": plain, "fast_gb": fast}
    raise SystemExit(f"no plain step of {min(batches)} studies fits into the memory that is free")


def _peak(way: Way, batch: int, device: str) -> float | None:
    command = [sys.executable, "-m", "benchmarks.training_memory", way, str(batch), device]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        return float(json.loads(done.stdout.splitlines()[-1])["gb"])
    if re.search(
        "can't allocate memory|not enough memory|MemoryError|bad_alloc|out of memory", done.stderr
    ):
        return None
    raise SystemExit(done.stderr)


def _status(file: str, key: str) -> float:
    """Return a number of kB in the system's tables, in GB."""
    found = re.search(rf"^{key}:\s+(\d+) kB", Path(file).read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024 / 1e9


def main(way: Way, studies: int, device: str) -> None:
    import torch

    from benchmarks.full_size import full_size, full_size_batch
    from benchmarks.plain_step import optimizer_of, step

    if device == "cpu":
        free = int((_status("/proc/meminfo", "MemAvailable") - _LEFT_FREE) * 1e9)
        resource.setrlimit(resource.RLIMIT_DATA, (free, free))
    network, settings = full_size()
    network.to(device)
    optimizer = optimizer_of(network, settings)
    step(
        network,
        settings,
        full_size_batch(settings, studies, priors=studies).to(device),
        2,
        way,
        optimizer,
    )
    on_card = torch.cuda.max_memory_allocated() / 1e9 if device != "cpu" else None
    print(json.dumps({"gb": round(on_card or _status("/proc/self/status", "VmHWM"), 3)}))


if __name__ == "__main__":
    main(cast(Way, sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "cpu")
