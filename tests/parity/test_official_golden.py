"""The published model's intermediate results, tensor by tensor, from small checkpoints in its layout.

One folder lies beside these tests; another, if it is there, beside the repository or where
PRIORRG_GOLDEN says.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.parity.comparison import Golden

OURS = Path(__file__).parent / "golden"
SHARED = Path(__file__).parents[3] / "shared" / "data" / "official-golden"
THEIRS = Path(os.environ.get("PRIORRG_GOLDEN", SHARED))
FOLDERS = [OURS, *([THEIRS] if THEIRS.is_dir() else [])]


@pytest.fixture(scope="module", params=FOLDERS, ids=[folder.name for folder in FOLDERS])
def golden(request, tmp_path_factory) -> Golden:
    return Golden(request.param, tmp_path_factory.mktemp("imported"))


def test_every_result_is_the_published_one(golden, record_property):
    differences = list(golden.differences())
    for difference in differences:
        record_property(difference.name, difference.largest)
    assert [d for d in differences if not d.within] == []
    assert len(differences) == 10 * len(golden.cases) + 4


def test_a_case_does_not_depend_on_the_other_cases_of_its_batch(golden):
    network = golden.model.network
    double = network.double()
    batch = _double(golden.batch(range(len(golden.cases))))
    together = double.generate(batch, beams=3, max_tokens=golden.sizes["max_length"])
    for row in range(len(golden.cases)):
        alone = double.generate(
            _double(golden.batch([row])), beams=3, max_tokens=golden.sizes["max_length"]
        )
        assert _words(together[row], golden) == _words(alone[0], golden)
    network.float()


def _double(batch):
    return replace(
        batch, current=batch.current.map(torch.Tensor.double), prior=batch.prior.map(torch.Tensor.double)
    )


def _words(ids: torch.Tensor, golden: Golden) -> list[int]:
    pad = golden.model.tokenizers.decoder.pad_token_id
    return [int(i) for i in ids if int(i) != pad]


def test_a_checkpoint_with_one_weight_changed_is_told_apart(tmp_path):
    shutil.copytree(OURS, tmp_path / "golden")
    file = tmp_path / "golden" / "best_model.safetensors"
    tensors = load_file(file)
    tensors["layer_norm.weight"][0] += 0.01
    save_file(tensors, file)
    done = subprocess.run(
        [sys.executable, "-m", "tests.parity", str(tmp_path / "golden")],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    over = [line.split()[0] for line in done.stdout.splitlines() if line.endswith("OVER")]
    assert "1.spatiotemporal" in over
    assert "1.context" not in over
    assert "0.spatiotemporal" not in over  # it has a prior, and goes through temporal fusion


def test_the_command_names_its_use_and_passes_on_the_folder_beside_it():
    command = [sys.executable, "-m", "tests.parity"]
    root = Path(__file__).parents[2]
    wrong = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert "usage" in wrong.stderr
    right = subprocess.run([*command, str(OURS)], cwd=root, capture_output=True, text=True, check=False)
    assert right.returncode == 0, right.stdout + right.stderr
    assert "every result is the published one" in right.stdout
