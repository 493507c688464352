"""CheXbert from files in the published layout, against its forward pass written out in NumPy."""

import json
import math

import numpy as np
import pytest
import torch

from priorrg.chexbert_reader import load_chexbert
from priorrg.errors import WeightsError
from priorrg.model.chexbert import HEADS

WIDTH, LAYERS, ATTENTION_HEADS, INNER, LONGEST = 12, 2, 3, 20, 16
WORDS = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "heart", "is", "enlarged", "no", "pleural", "effusion",
    "edema", ".", ",", "pneumo", "##thorax",
]  # fmt: skip
TEXTS = [
    "The heart is enlarged.",
    "No pleural effusion, no edema.",
    "",
    "PNEUMOTHORAX",
    "the heart is enlarged . no pleural effusion . no edema . no pneumothorax . the heart is enlarged",
    "  No\n\n pleural   effusion, no EDEMA. ",
]


def published_tensors(seed=0, words=17):
    """Random tensors by the names that the published checkpoint has."""
    draw = np.random.default_rng(seed)
    sizes = {
        "bert.embeddings.word_embeddings.weight": (words, WIDTH),
        "bert.embeddings.position_embeddings.weight": (LONGEST, WIDTH),
        "bert.embeddings.token_type_embeddings.weight": (2, WIDTH),
        "bert.pooler.dense.weight": (WIDTH, WIDTH),
        "bert.pooler.dense.bias": (WIDTH,),
    }
    norms = ["bert.embeddings.LayerNorm"]
    for layer in range(LAYERS):
        block = f"bert.encoder.layer.{layer}"
        for name in ("attention.self.query", "attention.self.key", "attention.self.value"):
            sizes |= {f"{block}.{name}.weight": (WIDTH, WIDTH), f"{block}.{name}.bias": (WIDTH,)}
        for name, out, inner in (
            ("attention.output.dense", WIDTH, WIDTH),
            ("intermediate.dense", INNER, WIDTH),
            ("output.dense", WIDTH, INNER),
        ):
            sizes |= {f"{block}.{name}.weight": (out, inner), f"{block}.{name}.bias": (out,)}
        norms += [f"{block}.attention.output.LayerNorm", f"{block}.output.LayerNorm"]
    for head, classes in enumerate(HEADS):
        sizes |= {
            f"linear_heads.{head}.weight": (classes, WIDTH),
            f"linear_heads.{head}.bias": (classes,),
        }
    tensors = {name: draw.normal(size=size) for name, size in sizes.items()}
    for name in norms:
        tensors |= {
            f"{name}.weight": 1 + draw.normal(size=WIDTH) / 4,
            f"{name}.bias": draw.normal(size=WIDTH),
        }
    return {
        f"module.{name}": torch.tensor(value, dtype=torch.float32) for name, value in tensors.items()
    }


@pytest.fixture
def files(tmp_path):
    """The paths of a checkpoint with what old transformers put there, and of a Bert folder without weights."""
    tensors = published_tensors()
    tensors["module.bert.embeddings.position_ids"] = torch.arange(LONGEST)[None]
    torch.save({"model_state_dict": tensors, "epoch": 3}, tmp_path / "chexbert.pth")
    bert = tmp_path / "bert-base-uncased"
    write_bert(bert)
    return tmp_path / "chexbert.pth", bert


def write_bert(folder, *, words=WORDS, **changes):
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(words) + "\n")
    config = {
        "model_type": "bert",
        "vocab_size": len(words),
        "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": ATTENTION_HEADS,
        "intermediate_size": INNER,
        "max_position_embeddings": LONGEST,
        "type_vocab_size": 2,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
    }
    (folder / "config.json").write_text(json.dumps(config | changes))


def written_out(text):
    """Classes and [CLS] vector of one text by the definition of Bert, in double precision and without padding."""
    own = {name.removeprefix("module."): t.double().numpy() for name, t in published_tensors().items()}
    spaced = (
        text.lower().replace(".", " . ").replace(",", " , ").replace("pneumothorax", "pneumo ##thorax")
    )
    tokens = ["[CLS]", *spaced.split()[: LONGEST - 2], "[SEP]"]
    x = own["bert.embeddings.word_embeddings.weight"][[WORDS.index(token) for token in tokens]]
    x = x + own["bert.embeddings.position_embeddings.weight"][: len(tokens)]
    x = x + own["bert.embeddings.token_type_embeddings.weight"][0]

    def linear(x, name):
        return x @ own[f"{name}.weight"].T + own[f"{name}.bias"]

    def norm(x, name):
        spread = np.sqrt(x.var(axis=-1, keepdims=True) + 1e-12)
        return (x - x.mean(axis=-1, keepdims=True)) / spread * own[f"{name}.weight"] + own[
            f"{name}.bias"
        ]

    gelu = np.vectorize(lambda v: v * (1 + math.erf(v / math.sqrt(2))) / 2)
    x = norm(x, "bert.embeddings.LayerNorm")
    for layer in range(LAYERS):
        block = f"bert.encoder.layer.{layer}"
        q, k, v = (linear(x, f"{block}.attention.self.{name}") for name in ("query", "key", "value"))
        seen = []
        for head in np.split(np.arange(WIDTH), ATTENTION_HEADS):
            scores = np.exp(q[:, head] @ k[:, head].T / math.sqrt(len(head)))
            seen.append(scores / scores.sum(axis=1, keepdims=True) @ v[:, head])
        attended = linear(np.concatenate(seen, axis=1), f"{block}.attention.output.dense")
        x = norm(x + attended, f"{block}.attention.output.LayerNorm")
        inner = linear(gelu(linear(x, f"{block}.intermediate.dense")), f"{block}.output.dense")
        x = norm(x + inner, f"{block}.output.LayerNorm")
    return [int(linear(x[0], f"linear_heads.{head}").argmax()) for head in range(len(HEADS))], x[0]


def test_classes_and_vectors_are_those_of_the_definition_written_out(files):
    reading = load_chexbert(*files, device="cpu")(TEXTS)
    classes, vectors = zip(*map(written_out, TEXTS), strict=True)
    assert reading.classes.tolist() == list(classes)
    assert np.abs(reading.vectors - np.array(vectors)).max() < 1e-5
    assert len({tuple(row) for row in classes}) > 2, "the texts must not all be read alike"


def test_a_text_reads_the_same_alone_as_among_longer_ones(files):
    together = load_chexbert(*files, device="cpu")(TEXTS)
    for place, text in enumerate(TEXTS):
        alone = load_chexbert(*files, device="cpu")([text])
        assert alone.classes[0].tolist() == together.classes[place].tolist()
        assert np.abs(alone.vectors[0] - together.vectors[place]).max() < 1e-5


def test_what_was_read_is_not_read_again(files):
    heard = []
    read = load_chexbert(*files, device="cpu", progress=lambda done, total: heard.append((done, total)))
    first = read([*TEXTS, "The heart\nis  enlarged. "])
    assert heard[-1] == (6, 6), "white space apart, two of the seven texts are one"
    heard.clear()
    again = read(TEXTS[::-1])
    assert not heard
    assert (again.vectors[::-1] == first.vectors[:-1]).all()


def test_hostile_texts_are_read(files):
    hostile = ["\ud800 edema", "no\x00 edema", "edema " * 20_000, "\u2028", "🫁"]
    reading = load_chexbert(*files, device="cpu")(hostile)
    assert np.isfinite(reading.vectors).all()


def test_no_text_at_all_is_no_trouble(files):
    reading = load_chexbert(*files, device="cpu")([])
    assert reading.classes.shape == (0, 14)
    assert reading.vectors.shape == (0, WIDTH)


def test_a_reading_names_its_weights(files):
    name = load_chexbert(*files, device="cpu").name
    torch.save({"model_state_dict": published_tensors(seed=1)}, files[0])
    assert "chexbert.pth" in name
    assert load_chexbert(*files, device="cpu").name != name


def _saved(files, content):
    torch.save(content, files[0])


def _without(files, part):
    tensors = {name: value for name, value in published_tensors().items() if part not in name}
    _saved(files, {"model_state_dict": tensors})


WRONG = {
    "no such file; expected the published chexbert.pth": lambda f: f[0].unlink(),
    "not a checkpoint of tensors alone": lambda f: f[0].write_text("<html>404</html>"),
    "no tensors under 'model_state_dict'; got epoch, loss": lambda f: _saved(
        f, {"epoch": 1, "loss": 0.5}
    ),
    "28 missing: linear_heads.0.weight": lambda f: _without(f, "linear_heads"),
    "unknown: decoder.weight": lambda f: _saved(
        f, {"model_state_dict": published_tensors() | {"decoder.weight": torch.zeros(2)}}
    ),
    "knows 30 words, the Bert folder 17": lambda f: _saved(
        f, {"model_state_dict": published_tensors(words=30)}
    ),
    "no config.json there": lambda f: (f[1] / "config.json").unlink(),
    "no vocab.txt there": lambda f: (f[1] / "vocab.txt").unlink(),
    "vocabulary has 5 entries, config.json says 17": lambda f: (f[1] / "vocab.txt").write_text(
        "\n".join(WORDS[:5])
    ),
    "not the configuration of a Bert": lambda f: (f[1] / "config.json").write_text("{"),
    "model_type is 'roberta'": lambda f: (f[1] / "config.json").write_text('{"model_type": "roberta"}'),
    "tells upper from lower case": lambda f: (f[1] / "tokenizer_config.json").write_text(
        '{"do_lower_case": false}'
    ),
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_files_are_said_in_one_line(files, message):
    WRONG[message](files)
    with pytest.raises(WeightsError) as raised:
        load_chexbert(*files, device="cpu")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_folder_of_another_size_names_the_tensors_and_their_shapes(files, tmp_path):
    write_bert(tmp_path / "narrow", intermediate_size=8)
    with pytest.raises(
        WeightsError, match=r"6 misshapen: .*intermediate.dense.weight \(20, 12\) instead of \(8, 12\)"
    ):
        load_chexbert(files[0], tmp_path / "narrow", device="cpu")


def test_a_checkpoint_that_holds_code_is_refused(files, tmp_path):
    torch.save({"model_state_dict": published_tensors(), "args": Opener(tmp_path / "opened")}, files[0])
    with pytest.raises(WeightsError, match="not a checkpoint of tensors alone"):
        load_chexbert(*files, device="cpu")
    assert not (tmp_path / "opened").exists()


class Opener:
    """An object that would write a file on being unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))
