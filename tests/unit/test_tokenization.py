"""Texts become ids by the method's conventions."""

import pytest

from priorrg.errors import WeightsError
from priorrg.study import ClinicalContext
from priorrg.tokenization import MARKS, Tokenizers, context_text, load_tokenizer, train_tokenizer

TEXTS = ["Small left pleural effusion, unchanged.", "No pneumothorax.", "The heart is enlarged."] * 5


def test_context_text_keeps_both_marks_when_fields_are_empty():
    assert context_text(ClinicalContext()) == "[INDICATION] [SEP] [HISTORY] "
    assert (
        context_text(ClinicalContext(indication="Dyspnoea", history="CHF"))
        == "[INDICATION] Dyspnoea [SEP] [HISTORY] CHF"
    )


def test_marks_follow_the_vocabulary_in_the_published_order():
    tokenizer = train_tokenizer(TEXTS, 320)
    first = tokenizer.convert_tokens_to_ids(MARKS[0])
    assert [tokenizer.convert_tokens_to_ids(mark) for mark in MARKS] == list(range(first, first + 7))
    assert tokenizer.pad_token == "[PAD]"
    assert tokenizer.bos_token == tokenizer.eos_token == "<|endoftext|>"


def test_a_text_survives_encoding_and_decoding():
    tokenizer = train_tokenizer(TEXTS, 320)
    for text in ("Small left pleural effusion, unchanged.", "Größe 3 cm – neu"):
        assert tokenizer.decode(tokenizer(text)["input_ids"], skip_special_tokens=True) == text


def test_tokenizers_come_back_from_disk_unchanged(tmp_path):
    tokenizer = train_tokenizer(TEXTS, 320)
    Tokenizers(decoder=tokenizer, context=tokenizer).save(tmp_path)
    loaded = Tokenizers.load(tmp_path)
    assert loaded.context is loaded.decoder
    assert len(loaded.decoder) == len(tokenizer)
    assert loaded.decoder(TEXTS[0])["input_ids"] == tokenizer(TEXTS[0])["input_ids"]


def test_a_folder_without_tokenizer_is_a_one_line_error(tmp_path):
    with pytest.raises(WeightsError, match=r"no tokenizer there.*expected tokenizer\.json") as caught:
        load_tokenizer(tmp_path)
    assert "\n" not in str(caught.value)
