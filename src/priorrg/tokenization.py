"""Text ⇄ token ids, for the clinical context, the report embedding and the decoder.

One convention for all backbones: the marks of the method are added to the tokenizer in a fixed order;
``<|endoftext|>`` begins and ends a report. Knows strings and ids only.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jaxtyping import Int
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor, tensor
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from priorrg.errors import WeightsError
from priorrg.hub_access import reach
from priorrg.settings import Settings
from priorrg.study import ClinicalContext

END_OF_TEXT = "<|endoftext|>"
MARKS = ("[PAD]", "[SEP]", "[CLS]", "[INDICATION]", "[HISTORY]", "[Similar Cases]", "[FINDINGS]")
"""In the order in which they were added to GPT-2's vocabulary in the published model."""


def context_text(context: ClinicalContext) -> str:
    """Return the context as the text encoder reads it; empty fields stay empty."""
    return f"{f'[INDICATION] {context.indication}'.strip()} [SEP] [HISTORY] {context.history}"


def context_cut(
    tokenizer: PreTrainedTokenizerFast, context: ClinicalContext, limit: int
) -> tuple[str, str] | None:
    """Return what is read and what is lost of a context beyond ``limit`` tokens, marks left out.

    ``None`` if all of it is read. A word that is cut in two counts as lost.
    """
    text = context_text(context)
    if len(tokenizer(text, verbose=False)["input_ids"]) <= limit:
        return None
    cut = tokenizer(text, truncation=True, max_length=limit, return_offsets_mapping=True)
    end = max(last for _, last in cut["offset_mapping"])
    if text[end : end + 1].strip():
        end = text.rfind(" ", 0, end) + 1
    read, lost = (_without_marks(part) for part in (text[:end], text[end:]))
    return (read, lost) if lost else None


def _without_marks(text: str) -> str:
    return " ".join(word for word in text.split() if word not in MARKS)


def report_text(findings: str) -> str:
    """Return the report as stage 1 embeds it."""
    return f"[CLS] [FINDINGS] {findings}"


def report_words(tokenizer: PreTrainedTokenizerFast, ids: Int[Tensor, "batch token"]) -> list[str]:
    """Return generated ids as reports, white space collapsed."""
    texts = tokenizer.batch_decode(ids, skip_special_tokens=True)
    return [" ".join(text.split()) for text in texts]


def published_words(tokenizer: PreTrainedTokenizerFast, ids: Int[Tensor, "batch token"]) -> list[str]:
    """Return generated ids as reports the way the released code cleans them, character by character.

    Its transformers (4.43) dropped spaces before punctuation while decoding, which transformers 5 no
    longer does for byte-level tokenizers; then ends are stripped and all but printable ASCII goes. An
    empty report is ``...``.
    """
    texts = tokenizer.batch_decode(ids, skip_special_tokens=True)
    stripped = (tokenizer.clean_up_tokenization(text).strip() for text in texts)
    return [re.sub(r"[^ -~]", "", text) or "..." for text in stripped]


def cut_as_published(tokenizer: PreTrainedTokenizerFast, text: str, limit: int) -> str:
    """Return a reference as the released code compares with it: what ``limit`` tokens hold, then cleaned.

    One of the tokens is the mark of the beginning.
    """
    ids = tokenizer(f" {text} ", add_special_tokens=False, verbose=False)["input_ids"][: limit - 1]
    return published_words(tokenizer, tensor([ids]))[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokenizers:
    """The decoder's tokenizer and the text encoder's, which may be one and the same."""

    decoder: PreTrainedTokenizerFast
    context: PreTrainedTokenizerFast

    def save(self, folder: Path) -> None:
        self.decoder.save_pretrained(folder / "tokenizer")
        if self.context is not self.decoder:
            self.context.save_pretrained(folder / "context_tokenizer")

    @classmethod
    def load(cls, folder: Path) -> "Tokenizers":
        decoder = load_tokenizer(folder / "tokenizer")
        own = folder / "context_tokenizer"
        return cls(decoder=decoder, context=load_tokenizer(own) if own.is_dir() else decoder)


def load_tokenizer(source: str | Path) -> PreTrainedTokenizerFast:
    """Load a tokenizer from a folder or hub id and add what the method needs of marks."""
    return _with_marks(_load(source))


def _load(source: str | Path) -> Any:
    try:
        hub = {} if Path(source).exists() else reach(str(source), "config.json")
        return AutoTokenizer.from_pretrained(str(source), trust_remote_code=False, **hub)
    except Exception as error:  # the tokenizers library raises bare ones for files that it cannot read
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise WeightsError(
            f"{source}: no tokenizer there ({reason}); expected tokenizer.json or "
            "vocab.json + merges.txt or vocab.txt in a local folder, or a reachable hub id"
        ) from error


def train_tokenizer(texts: Iterable[str], vocabulary: int) -> PreTrainedTokenizerFast:
    """Train a byte-level BPE tokenizer of about ``vocabulary`` entries on the training texts."""
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(MARKS),
        special_tokens=[END_OF_TEXT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    trained = PreTrainedTokenizerFast(tokenizer_object=core)  # type: ignore[no-untyped-call]  # untyped there
    return _with_marks(trained)


def build_tokenizers(settings: Settings, texts: Sequence[str]) -> Tokenizers:
    """Return the tokenizers that a preset asks for; ``texts`` train the one of a scratch decoder."""
    backbone = settings.model.decoder.backbone
    if backbone == "scratch":
        decoder = train_tokenizer(texts, settings.model.decoder.vocabulary)
    else:
        decoder = load_tokenizer(backbone)
    if settings.context.tokenizer == "own" and settings.model.text.backbone != "scratch":
        return Tokenizers(decoder=decoder, context=load_tokenizer(settings.model.text.backbone))
    return Tokenizers(decoder=decoder, context=decoder)


def released_tokenizer(source: str | Path) -> PreTrainedTokenizerFast:
    """Load GPT-2's tokenizer with the marks as the published model has them.

    Its first three are special, the others ordinary tokens: a report that contains one shows it.
    """
    tokenizer = _load(source)
    pad, separator, first, *ordinary = MARKS
    tokenizer.add_special_tokens({"pad_token": pad, "sep_token": separator, "cls_token": first})
    tokenizer.add_tokens(ordinary)
    return _with_marks(tokenizer)


def _with_marks(tokenizer: Any) -> PreTrainedTokenizerFast:
    """Add the marks that are not there yet; those that are stay the kind of token they are."""
    known = tokenizer.get_vocab()
    if MARKS[0] not in known or tokenizer.pad_token != MARKS[0]:
        tokenizer.add_special_tokens({"pad_token": MARKS[0]})
    if missing := [mark for mark in MARKS[1:] if mark not in known]:
        tokenizer.add_special_tokens({"extra_special_tokens": missing})
    if tokenizer.eos_token is None:
        tokenizer.eos_token = (
            END_OF_TEXT if END_OF_TEXT in tokenizer.get_vocab() else tokenizer.sep_token
        )
    if tokenizer.bos_token is None:
        tokenizer.bos_token = tokenizer.eos_token
    tokenizer.padding_side = "right"
    tokenizer.clean_up_tokenization_spaces = False  # ours is said by name: published_words
    marked: PreTrainedTokenizerFast = tokenizer
    return marked
