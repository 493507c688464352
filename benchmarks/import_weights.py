"""Importing a full-size published checkpoint, against reading and writing its tensors with safetensors.

The checkpoint is random, of the published sizes, as Lightning writes it; once
bare, once with the optimizer's state beside it. Each import runs in a process of its own, for its peak
memory; the files are warm in both ways of reading.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from benchmarks.measured import measured_how
from priorrg.model.backbones import backbone_configs
from priorrg.model.config import NetworkConfig
from priorrg.model.network import PriorRGNetwork
from priorrg.model.released_weights import to_released
from priorrg.settings import load_settings
from priorrg.storage import new_file
from priorrg.tokenization import END_OF_TEXT, MARKS

RESULT = Path(__file__).parent / "results" / "import_weights.json"
WORDS = 50_257
CONFIGS = {
    "rad-dino": {
        "model_type": "dinov2",
        "hidden_size": 768,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "image_size": 518,
        "patch_size": 14,
    },
    "cxr-bert": {"model_type": "cxr-bert", "hidden_size": 768, "num_hidden_layers": 12},
    "distilgpt2": {"model_type": "gpt2", "n_embd": 768, "n_layer": 6, "n_head": 12},
}
"""Configurations of the published sizes; what is not said is the library's default, as in the originals."""
_IMPORT = """
import json, re, sys, time
from pathlib import Path
from priorrg.released_model import import_weights
checkpoint, backbones, out = map(Path, sys.argv[1:])
began = time.perf_counter()
done = import_weights(checkpoint, out, backbones=backbones)
seconds = time.perf_counter() - began
peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])  # of this program alone
print(json.dumps({"seconds": seconds, "peak_gb": peak / 2**20, "parameters": done.parameters}))
"""


def backbone_folders(folder: Path) -> None:
    """Write configurations, image processor and a tokenizer of 50,257 entries."""
    for name, config in CONFIGS.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text(json.dumps(config))
    processor = {
        "size": {"shortest_edge": 518},
        "crop_size": {"height": 518, "width": 518},
        "image_mean": [0.5307] * 3,
        "image_std": [0.2583] * 3,
    }
    (folder / "rad-dino" / "preprocessor_config.json").write_text(json.dumps(processor))
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    words = [END_OF_TEXT, *alphabet, *(f"word{n}" for n in range(WORDS - 1 - len(alphabet)))]
    core = Tokenizer(models.BPE(vocab={word: n for n, word in enumerate(words)}, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # untyped there
        tokenizer_object=core, eos_token=END_OF_TEXT, bos_token=END_OF_TEXT
    )
    tokenizer.save_pretrained(folder / "distilgpt2")


def random_state(backbones: Path) -> dict[str, Tensor]:
    """Return a random state of the published names and sizes."""
    changes = [
        f"model.{part}.backbone={backbones / name}"
        for part, name in (("vision", "rad-dino"), ("text", "cxr-bert"), ("decoder", "distilgpt2"))
    ]
    settings = load_settings("released", changes)
    configs, words = backbone_configs(settings.model), WORDS + len(MARKS)
    with torch.device("meta"):
        network = PriorRGNetwork(
            NetworkConfig(
                model=settings.model,
                image_size=settings.image.size,
                vision=configs["vision"],
                text=configs["text"],
                decoder=configs["decoder"],
                vocabulary=words,
                context_vocabulary=words,
                bos_id=0,
                eos_id=0,
                pad_id=WORDS,
                context_pad_id=WORDS,
                auxiliary_slots=0,
            )
        )
    random = torch.Generator().manual_seed(0)
    return to_released(
        {
            name: torch.randn(tensor.shape, generator=random) * 0.02
            if tensor.is_floating_point()
            else torch.zeros(tensor.shape, dtype=tensor.dtype)
            for name, tensor in network.weights().items()
        }
    )


def by_safetensors(state: dict[str, Tensor], folder: Path) -> float:
    """Return the seconds of reading the tensors and writing them again, the better of two."""
    head = "text_decoder.encoder_decoder.decoder.lm_head.weight"
    first, second = folder / "first.safetensors", folder / "second.safetensors"
    save_file({name: tensor for name, tensor in state.items() if name != head}, first)
    taken = []
    for _ in range(2):
        began = time.perf_counter()
        save_file(load_file(first), second)
        taken.append(time.perf_counter() - began)
    return min(taken)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks import_weights", description=__doc__)
    parser.add_argument("--work", type=Path, help="Where 6 GB of files may lie for a minute.")
    options = parser.parse_args(arguments)
    with TemporaryDirectory(
        dir=options.work
    ) as name:  # the same reference for all: stage 2, tensors alone
        folder = Path(name)
        backbone_folders(folder / "backbones")
        state = random_state(folder / "backbones")
        reference = by_safetensors(state, folder)
        rows: list[dict[str, object]] = []
        parameters: list[int] = []
        trained = [t for n, t in state.items() if not n.startswith("image_encoder.")]
        moments = [[torch.rand_like(t.float()) for t in trained] for _ in range(2)]
        later = ("text_decoder.", "layer_fusion.", "layer_norm_fusion.")
        for work, kept, more in (
            ("checkpoint with weights alone", state, {}),
            (
                "checkpoint with the optimizer's state",
                state,
                {"optimizer_states": [{"exp_avg": moments[0], "exp_avg_sq": moments[1]}]},
            ),
            (
                "checkpoint of stage 1, the decoder new",
                {name: tensor for name, tensor in state.items() if not name.startswith(later)},
                {},
            ),
        ):
            checkpoint = folder / "best_model.ckpt"
            torch.save({"state_dict": kept, "epoch": 3, "global_step": 9, **more}, checkpoint)
            taken = [_import(checkpoint, folder, f"{len(rows)}-{attempt}") for attempt in range(2)]
            parameters.append(int(taken[0]["parameters"]))
            seconds, peak = (min(run[key] for run in taken) for key in ("seconds", "peak_gb"))
            ratio = seconds / reference
            rows += [
                _row(work, seconds, reference, ratio, 3.0),
                _row(f"{work}: peak memory, GB", peak, None, peak, 3.0),
            ]
    result = measured_how() | {
        "parameters": parameters[0],
        "rows": rows,
    }
    with new_file(RESULT) as temporary:
        temporary.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(rows, indent=1))


def _import(checkpoint: Path, folder: Path, name: str) -> dict[str, float]:
    command = [sys.executable, "-c", _IMPORT, checkpoint, folder / "backbones", folder / name]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True)
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _row(
    work: str, value: float, reference: float | None, ratio: float, target: float
) -> dict[str, object]:
    return {
        "work": work,
        "value": round(value, 3),
        "reference": None if reference is None else round(reference, 3),
        "ratio": round(ratio, 2),
        "target": target,
        "met": ratio <= target,
    }
