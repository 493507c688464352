"""The published CheXbert as a reader of reports, from local files: weights and a bert-base-uncased folder.

Nothing is downloaded. Texts are prepared as in the public code: ends stripped, runs of white space one space,
cut to 512 tokens. Knows files, texts and the network; what the classes are worth is for ``metrics.chexbert``.
"""

import hashlib
import pickle
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import BertConfig, BertTokenizer

from priorrg.errors import WeightsError
from priorrg.metrics.chexbert import Reading
from priorrg.model.chexbert import HEADS, CheXbert, load_published
from priorrg.model.device import pick_device
from priorrg.storage import file_sha256

_LONGEST = 512
"""Tokens of a report that are read, its marks included."""
_TOKENS_AT_ONCE = 8192
"""Tokens of a batch, padding included."""
_KEPT = 50_000
"""Texts whose reading is kept (3 kB each): references are read again for every score and every system."""
_STATE = "model_state_dict"

Read = tuple[np.ndarray[Any, np.dtype[np.int8]], np.ndarray[Any, np.dtype[np.float32]]]


class ChexbertReader:
    """Reads reports; the same text gives the same classes, whatever it is batched with.

    ``progress`` hears of texts read and to be read in a call.
    """

    def __init__(
        self,
        network: CheXbert,
        tokenizer: BertTokenizer,
        *,
        name: str,
        device: torch.device,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self._network = network.eval().to(device)
        self._tokenizer = tokenizer
        self._name = name
        self._device = device
        self._progress = progress
        self._longest = min(_LONGEST, network.bert.config.max_position_embeddings)
        self._known: dict[bytes, Read] = {}

    @property
    def name(self) -> str:
        return self._name

    def __call__(self, texts: Sequence[str], /) -> Reading:
        """Return classes and [CLS] vectors of the texts, in their order."""
        prepared = [_prepared(text) for text in texts]
        keys = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in prepared]
        new = {key: text for key, text in zip(keys, prepared, strict=True) if key not in self._known}
        read = self._read(new)
        rows = [self._known[key] if key in self._known else read[key] for key in keys]
        for key, row in read.items():
            if len(self._known) < _KEPT:
                self._known[key] = row
        width = self._network.bert.config.hidden_size
        classes = np.array([row[0] for row in rows], np.int8).reshape(-1, len(HEADS))
        return Reading(
            classes=classes, vectors=np.array([r[1] for r in rows], np.float32).reshape(-1, width)
        )

    def _read(self, texts: Mapping[bytes, str]) -> dict[bytes, Read]:
        """Read texts of like length together, so that little is padded."""
        ids: list[list[int]] = []
        if texts:
            ids = self._tokenizer(list(texts.values()), truncation=True, max_length=self._longest)[
                "input_ids"
            ]
        left = sorted(zip(texts, ids, strict=True), key=lambda row: len(row[1]), reverse=True)
        found: dict[bytes, Read] = {}
        while left:
            size = max(1, _TOKENS_AT_ONCE // len(left[0][1]))
            batch, left = left[:size], left[size:]
            read = self._compute([tokens for _, tokens in batch])
            found |= {key: row for (key, _), row in zip(batch, zip(*read, strict=True), strict=True)}
            if self._progress is not None:
                self._progress(len(found), len(texts))
        return found

    @torch.inference_mode()
    def _compute(self, rows: Sequence[Sequence[int]]) -> Read:
        ids = torch.full((len(rows), max(map(len, rows))), self._tokenizer.pad_token_id)
        mask = torch.zeros(ids.shape, dtype=torch.bool)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = torch.tensor(row)
            mask[place, : len(row)] = True
        classes, vectors = self._network(ids.to(self._device), mask.to(self._device))
        return classes.cpu().numpy().astype(np.int8), vectors.float().cpu().numpy()


def _prepared(text: str) -> str:
    """Return the text with single spaces; half a character, which JSON can hold, becomes a question mark."""
    return " ".join(text.encode("utf-8", "replace").decode().split())


def load_chexbert(
    weights: Path,
    bert: Path,
    *,
    device: str = "auto",
    progress: Callable[[int, int], None] | None = None,
) -> ChexbertReader:
    """Load the published ``chexbert.pth`` with the configuration and vocabulary of a bert-base-uncased folder.

    The folder needs no weights. ``device`` is as ``pick_device`` takes it. Raises ``WeightsError`` where files are
    missing or do not belong together.
    """
    chosen = pick_device(device)
    config = _config(bert)
    tokenizer = _tokenizer(bert, config)
    tensors = _tensors(weights)
    network = CheXbert(config)
    load_published(network, tensors, str(weights))
    name = (
        f"CheXbert, {weights.name} of SHA-256 {file_sha256(weights)[:12]}, lower-cased by its vocabulary"
    )
    return ChexbertReader(network, tokenizer, name=name, device=chosen, progress=progress)


def _config(folder: Path) -> BertConfig:
    path = folder / "config.json"
    if not path.is_file():
        raise WeightsError(
            f"{folder}: no config.json there; expected a folder bert-base-uncased with config.json and vocab.txt"
        )
    try:
        read, _ = BertConfig.get_config_dict(str(folder), local_files_only=True)
        if read.get("model_type", "bert") != "bert":
            raise WeightsError(
                f"{path}: model_type is {read['model_type']!r}; expected that of bert-base-uncased"
            )
        return BertConfig.from_dict(read)
    except WeightsError:
        raise
    except Exception as error:  # the library checks fields by raising errors of many kinds
        raise WeightsError(f"{path}: not the configuration of a Bert ({_first_line(error)})") from error


def _tokenizer(folder: Path, config: BertConfig) -> BertTokenizer:
    if not any((folder / name).is_file() for name in ("vocab.txt", "tokenizer.json")):
        raise WeightsError(
            f"{folder}: no vocab.txt there; expected the vocabulary of bert-base-uncased beside config.json"
        )
    try:
        tokenizer: BertTokenizer = BertTokenizer.from_pretrained(str(folder), local_files_only=True)
    except Exception as error:  # the tokenizers library raises bare ones for files that it cannot read
        raise WeightsError(f"{folder}: vocabulary not readable ({_first_line(error)})") from error
    if len(tokenizer) != config.vocab_size:
        raise WeightsError(
            f"{folder}: the vocabulary has {len(tokenizer):,} entries, config.json says {config.vocab_size:,}; "
            "expected those of bert-base-uncased (30,522)"
        )
    if tokenizer.tokenize("Edema") != tokenizer.tokenize("edema"):
        raise WeightsError(
            f"{folder}: the vocabulary tells upper from lower case; expected that of bert-base-uncased"
        )
    return tokenizer


def _tensors(path: Path) -> dict[str, Tensor]:
    try:
        read = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise WeightsError(f"{path}: no such file; expected the published chexbert.pth") from None
    except IsADirectoryError:
        raise WeightsError(f"{path}: is a folder; expected the published chexbert.pth") from None
    except (pickle.UnpicklingError, EOFError, RuntimeError, ValueError, KeyError, OSError) as error:
        raise WeightsError(
            f"{path}: not a checkpoint of tensors alone ({_first_line(error)}); is it the published chexbert.pth?"
        ) from error
    state = read.get(_STATE) if isinstance(read, dict) else None
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        kept = ", ".join(list(map(str, read))[:6]) if isinstance(read, dict) else type(read).__name__
        raise WeightsError(
            f"{path}: no tensors under {_STATE!r}; got {kept}. Is it the published chexbert.pth?"
        )
    return state


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
