"""A published checkpoint becomes a model folder and back; what does not fit is refused in one line."""

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
from typer.testing import CliRunner

from priorrg import PriorRG
from priorrg.batching import normalise
from priorrg.cli import app
from priorrg.data.pixels import to_square
from priorrg.errors import UsageError, WeightsError
from priorrg.model.hub import read_checkpoint
from priorrg.model.released_weights import left_out
from priorrg.model_folder import ModelFolder
from priorrg.released_backbones import find_backbones
from priorrg.released_export import export_weights
from priorrg.released_model import import_weights, read_views
from priorrg.report_table import generate_table
from priorrg.training import run

GOLDEN = Path(__file__).parents[1] / "parity" / "golden"
BACKBONES = GOLDEN / "backbones"
HEAD = "text_decoder.encoder_decoder.decoder.lm_head.weight"


@pytest.fixture(scope="module")
def state():
    """Return the published state as a checkpoint holds it, heads that nobody uses included."""
    tensors = load_file(GOLDEN / "best_model.safetensors")
    words = tensors["text_decoder.encoder_decoder.decoder.transformer.wte.weight"]
    return tensors | {HEAD: words, "text_encoder.cls.predictions.bias": torch.ones(words.shape[0])}


@pytest.fixture
def lightning(state, tmp_path):
    """Write the state as Lightning does, callbacks and all."""
    path = tmp_path / "best_model.ckpt"
    callbacks = {"ModelCheckpoint": {"best_model_path": "x", "best_model_score": torch.tensor(0.5)}}
    torch.save({"state_dict": state, "epoch": 3, "callbacks": callbacks}, path)
    return path


@pytest.fixture
def stage1(state, tmp_path):
    path = tmp_path / "stage1.ckpt"
    later = ("text_decoder.", "layer_fusion.", "layer_norm_fusion.")
    torch.save({"state_dict": {n: t for n, t in state.items() if not n.startswith(later)}}, path)
    return path


def imported(checkpoint, out, **options):
    return import_weights(checkpoint, out, backbones=BACKBONES, views=BACKBONES / "vp.json", **options)


@pytest.mark.parametrize("form", ["lightning", "bare", "safetensors", "plain bert"])
def test_every_form_of_the_checkpoint_gives_the_same_weights(state, lightning, tmp_path, form):
    checkpoint, tensors = lightning, dict(state)
    if form == "bare":
        checkpoint = tmp_path / "bare.pt"
        torch.save(tensors, checkpoint)
    elif form != "lightning":
        checkpoint = tmp_path / "x.safetensors"
        del tensors[HEAD]
        if form == "plain bert":
            tensors = {n.replace("text_encoder.bert.", "text_encoder."): t for n, t in tensors.items()}
        save_file(tensors, checkpoint)
    done = imported(checkpoint, tmp_path / "model")
    weights = load_file(tmp_path / "model" / "model.safetensors")
    expected = {n for n in state if not left_out(n)}
    assert len(weights) == done.tensors == len(expected)
    assert torch.equal(
        weights["study_encoder.text.backbone.embeddings.word_embeddings.weight"],
        state["text_encoder.bert.embeddings.word_embeddings.weight"],
    )
    assert set(done.left_out) == {n for n in tensors if left_out(n)}


def test_the_folder_says_what_it_was_read_from(lightning, tmp_path):
    import hashlib

    done = imported(lightning, tmp_path / "model")
    assert done.sha256 == hashlib.sha256(lightning.read_bytes()).hexdigest()
    card = (tmp_path / "model" / "README.md").read_text()
    assert done.sha256 in card
    assert "| selected on | the test split" in card
    assert str(tmp_path) not in card
    settings = ModelFolder.load(tmp_path / "model").settings
    assert settings.image.fit == "crop"
    assert (settings.model.width, settings.model.text.layers) == (64, 2)
    assert settings.generation.cleaning == "published"


@pytest.mark.parametrize("name", ["back.ckpt", "back.safetensors"])
def test_import_and_export_give_back_every_tensor_bit_by_bit(state, lightning, tmp_path, name):
    imported(lightning, tmp_path / "model")
    export_weights(tmp_path / "model", tmp_path / name, like=lightning)
    back = read_checkpoint(tmp_path / name)
    assert set(back) == set(state)
    assert all(torch.equal(back[n], t) and back[n].dtype == t.dtype for n, t in state.items())
    export_weights(tmp_path / "model", tmp_path / f"bare-{name}")
    bare = read_checkpoint(tmp_path / f"bare-{name}")
    assert set(bare) == {n for n in state if not left_out(n)} | {HEAD}


def test_a_stage_1_checkpoint_comes_back_as_one(stage1, tmp_path):
    done = imported(stage1, tmp_path / "model")
    export_weights(tmp_path / "model", tmp_path / "back.ckpt", like=stage1)
    published, back = read_checkpoint(stage1), read_checkpoint(tmp_path / "back.ckpt")
    assert set(back) == set(published)
    assert all(torch.equal(back[name], tensor) for name, tensor in published.items())
    assert done.tensors == len([name for name in published if not left_out(name)])
    assert imported(tmp_path / "back.ckpt", tmp_path / "again").stage == 1


def test_what_an_import_left_out_is_taken_from_the_same_checkpoint_alone(lightning, stage1, tmp_path):
    imported(lightning, tmp_path / "model")
    for like, message in (
        (stage1, "is not the checkpoint that"),
        (tmp_path / "no.ckpt", "no such file"),
    ):
        with pytest.raises(UsageError, match=message):
            export_weights(tmp_path / "model", tmp_path / "back.ckpt", like=like)
    with pytest.raises(UsageError, match="no such folder"):
        export_weights(tmp_path / "mistyped", tmp_path / "back.ckpt")
    assert not (tmp_path / "back.ckpt").exists()


def test_the_command_tells_what_was_taken_left_out_and_unusual(lightning, tmp_path):
    arguments = [str(lightning), str(tmp_path / "model"), "--backbones", str(BACKBONES)]
    arguments += ["--views", str(BACKBONES / "vp.json")]
    table = CliRunner().invoke(app, ["import-weights", *arguments], catch_exceptions=False)
    said = " ".join(table.stdout.split())
    assert "temporal fusion layers: 2 instead of 3" in said
    assert "masked-language head of CXR-BERT" in said
    assert "rad-dino, cxr-bert, distilgpt2" in said
    arguments[1] = str(tmp_path / "other")
    told = json.loads(CliRunner().invoke(app, ["import-weights", *arguments, "--json"]).stdout)
    assert told["stage"] == 2
    assert told["sha256"][:20] in "".join(said.split())
    back = str(tmp_path / "back.ckpt")
    exported = CliRunner().invoke(app, ["export-weights", str(tmp_path / "model"), back])
    assert exported.exit_code == 0
    assert "--like CHECKPOINT adds them" in " ".join(exported.stdout.split())


def test_no_path_of_this_machine_travels_with_the_folder(lightning, tmp_path):
    imported(lightning, tmp_path / "model")
    for name in ("config.json", "settings.yaml", "provenance.json", "README.md"):
        assert str(BACKBONES) not in (tmp_path / "model" / name).read_text()


def test_an_imported_model_drafts_a_report(lightning, tmp_path):
    imported(lightning, tmp_path / "model")
    grey, before = np.random.default_rng(0).integers(0, 255, (2, 90, 70), dtype=np.uint8)
    model = PriorRG.from_pretrained(tmp_path / "model")
    draft = model.report(grey, prior=before, indication="Effusion?", view="AP", prior_view="PA")
    assert draft.text
    assert draft.text.isascii()
    assert "MIMIC-CXR" in draft.model["trained_on"]
    with pytest.raises(UsageError, match=r"view 'AP AXIAL': .*one of .*, or unk for any other"):
        model.report(grey, view="AP AXIAL")
    assert model.views == model.known_views
    assert not any("view" in remark for remark in model.report(grey, view="lateral").remarks)


@pytest.mark.parametrize("shape", [(70, 90), (90, 70), (61, 83), (56, 56), (40, 31), (301, 200)])
def test_an_imported_model_sees_the_pixels_that_the_published_processor_makes(
    lightning, tmp_path, shape
):
    imported(lightning, tmp_path / "model")
    grey = np.random.default_rng(1).integers(0, 255, shape, dtype=np.uint8)
    image = ModelFolder.load(tmp_path / "model").settings.image
    ours = normalise(
        torch.from_numpy(to_square(grey, image.size, image.fit))[None], image.mean, image.std
    )
    for source in (BACKBONES / "rad-dino", tmp_path / "model"):
        processor = BitImageProcessorPil.from_pretrained(source)
        theirs = processor(Image.fromarray(grey), return_tensors="pt")["pixel_values"]
        torch.testing.assert_close(ours.expand(-1, 3, -1, -1), theirs, rtol=0, atol=1e-5)


def test_a_stage_1_checkpoint_can_be_trained_on_but_not_report(stage1, small_data, tmp_path):
    done = imported(stage1, tmp_path / "model")
    assert done.stage == 1
    assert "configuration alone" in done.fresh
    with pytest.raises(WeightsError, match="stage 1, which cannot write reports"):
        PriorRG.from_pretrained(tmp_path / "model")
    with pytest.raises(WeightsError, match="stage 1, which cannot write reports"):
        generate_table(tmp_path / "model", small_data, tmp_path / "reports.csv")
    assert not (tmp_path / "reports.csv").exists()


@pytest.mark.parametrize("stage", [1, 2])
def test_imported_weights_can_be_trained_on(lightning, stage1, small_data, tmp_path, stage):
    changes = ["report.steps=2", "report.batch=4", "report.accumulate=1", "data.workers=0"]
    changes += ["generation.beams=1", "generation.max_tokens=12"]
    if stage == 2:  # and take up what is ours alone
        changes += ["report.auxiliary.observations=1", "report.auxiliary.changes=1"]
        changes += ["model.statement_rows=true"]
    imported(lightning if stage == 2 else stage1, tmp_path / "model")
    start = ModelFolder.load(tmp_path / "model")
    settings = ModelFolder.load(tmp_path / "model").settings
    from priorrg.settings import override, settings_from

    settings = settings_from(override(settings.as_dict(), changes))
    out = run.train(small_data, tmp_path / "model", tmp_path / "run", settings)
    trained = ModelFolder.load(out, to_report=True)
    before, after = start.network.weights(), trained.network.weights()
    moved = {n for n, t in before.items() if not torch.equal(t, after[n])}
    assert any(n.startswith("decoder.") for n in moved)
    assert any(n.startswith("study_encoder.perceiver.") for n in moved)
    assert not any(n.startswith("study_encoder.vision.") for n in moved)
    assert (stage == 2) == any(n.startswith("statement_rows.") for n in after)
    provenance = trained.provenance
    assert provenance.source_sha256 == start.provenance.source_sha256
    assert provenance.trained_on == f"{start.provenance.trained_on}; then phantom"
    assert not provenance.synthetic
    assert ("the test split" in provenance.selected_on) == (stage == 2)
    assert generate_table(out, small_data, tmp_path / "reports.csv") > 0


def refused(lightning, tmp_path, message, **options):
    options = {"backbones": BACKBONES, "views": BACKBONES / "vp.json"} | options
    with pytest.raises((WeightsError, UsageError), match=message) as caught:
        import_weights(lightning, tmp_path / "model", **options)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "model").exists()
    assert not list(tmp_path.glob(".model*"))


def test_missing_unknown_and_misshapen_tensors_are_all_named(state, tmp_path):
    path = tmp_path / "broken.ckpt"
    broken = {n: t for n, t in state.items() if not n.startswith("perceiver.layers.1.0.norm.")}
    broken |= {"image_encoder.surplus": torch.zeros(1), "layer_norm.bias": torch.zeros(7)}
    for block in range(4):
        del broken[f"image_encoder.encoder.layer.{block}.norm1.weight"]
    torch.save({"state_dict": broken}, path)
    refused(
        path,
        tmp_path,
        r"6 missing: image_encoder\.encoder\.layer\.\*\.norm1\.weight \(4\), "
        r"perceiver\.layers\.1\.0\.norm\.bias, perceiver\.layers\.1\.0\.norm\.weight; "
        r"1 unknown: image_encoder\.surplus; 1 misshapen: layer_norm\.bias \(7,\) instead of \(64,\)",
    )


@pytest.mark.parametrize(
    ("name", "tensor", "message"),
    [
        ("temp_pos_embed", torch.tensor(1.0), r"temp_pos_embed \(\): expected 3 dimensions"),
        ("temp_pos_embed", torch.zeros(2, 1, 2), "width 2 is not a multiple of 4"),
        ("vp_pos_embed", torch.zeros(5, 48), r"vp_pos_embed \(5, 48\): expected 3 dimensions"),
        ("text_encoder.bert.embeddings.word_embeddings.weight", torch.zeros(7), "expected 2 dimensions"),
        (
            "layer_norm.weight",
            torch.ones(64, dtype=torch.int64),
            r"layer_norm.weight torch.int64 instead",
        ),
    ],
)
def test_a_tensor_of_an_impossible_form_is_named(state, tmp_path, name, tensor, message):
    path = tmp_path / "odd.ckpt"
    torch.save({"state_dict": state | {name: tensor}}, path)
    refused(path, tmp_path, message)


def test_safetensors_under_another_name_and_foreign_content_are_told_apart(state, tmp_path):
    path = tmp_path / "best_model.ckpt"
    save_file({n: t for n, t in state.items() if n != HEAD}, path)
    assert imported(path, tmp_path / "model").stage == 2
    shutil.rmtree(tmp_path / "model")
    for content, message in (({}, "holds nothing"), ({"a": 1}, r"holds a \(int\) among its tensors")):
        torch.save(content, path)
        refused(path, tmp_path, message)


def test_a_file_that_only_code_could_restore_is_refused_with_the_reason(state, tmp_path):
    path = tmp_path / "odd.ckpt"
    torch.save({"state_dict": state, "hyper_parameters": argparse.Namespace(lr=1)}, path)
    refused(path, tmp_path, r"holds argparse\.Namespace beside tensors, which only running code")


@pytest.mark.parametrize("size", [0, 300, 2_000_000])
def test_a_truncated_file_is_refused(lightning, tmp_path, size):
    lightning.write_bytes(lightning.read_bytes()[:size])
    refused(lightning, tmp_path, "not a readable file of weights")


def test_another_models_checkpoint_is_refused(tmp_path):
    path = tmp_path / "other.ckpt"
    torch.save({"state_dict": {"fc.weight": torch.zeros(2, 2)}}, path)
    refused(
        path,
        tmp_path,
        "has no tensor vp_pos_embed, temp_pos_embed, .*; expected a published PriorRG checkpoint",
    )


@pytest.fixture
def backbones(tmp_path):
    return Path(shutil.copytree(BACKBONES, tmp_path / "backbones"))


@pytest.mark.parametrize(
    ("folder", "key", "value", "message"),
    [
        ("rad-dino", "hidden_size", 32, r"rad-dino: hidden_size is 32 .* trained with 48"),
        ("rad-dino", "num_hidden_layers", 6, r"num_hidden_layers is 6 .* trained with 4"),
        ("cxr-bert", "hidden_size", 44, r"cxr-bert: hidden_size is 44 .* trained with 40"),
        ("cxr-bert", "intermediate_size", 64, r"misshapen: text_encoder\.bert\.encoder\.layer\.\*"),
        ("distilgpt2", "n_layer", 6, r"distilgpt2: n_layer is 6 .* trained with 3"),
        ("rad-dino", "layer_norm_eps", "x", r"rad-dino: its config\.json makes no Dinov2"),
        ("cxr-bert", "num_attention_heads", 3, r"cxr-bert: its config\.json makes no Bert"),
        ("distilgpt2", "n_head", 5, r"distilgpt2: its config\.json makes no GPT-2"),
    ],
)
def test_a_wrong_backbone_is_refused(lightning, backbones, tmp_path, folder, key, value, message):
    path = backbones / folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    refused(lightning, tmp_path, message, backbones=backbones)


@pytest.mark.parametrize("folder", ["rad-dino", "cxr-bert", "distilgpt2"])
def test_a_broken_configuration_is_not_taken_for_a_missing_one(lightning, backbones, tmp_path, folder):
    (backbones / folder / "config.json").write_text('{"a": 1')
    refused(lightning, tmp_path, rf"{folder}/config\.json: not readable", backbones=backbones)


def test_a_broken_tokenizer_is_refused(lightning, backbones, tmp_path):
    (backbones / "distilgpt2" / "tokenizer.json").write_text("{}")
    refused(lightning, tmp_path, "distilgpt2: no tokenizer there", backbones=backbones)


def test_a_wrong_tokenizer_is_refused(lightning, backbones, tmp_path):
    from priorrg.tokenization import train_tokenizer

    train_tokenizer(["The lungs are clear."], 400).save_pretrained(backbones / "distilgpt2")
    refused(lightning, tmp_path, r"its tokenizer has \d+ entries .* for 707", backbones=backbones)


def test_a_folder_without_the_image_processor_says_what_is_missing(lightning, backbones, tmp_path):
    (backbones / "rad-dino" / "preprocessor_config.json").unlink()
    refused(lightning, tmp_path, r"no preprocessor_config\.json", backbones=backbones)


def test_backbones_are_told_by_their_kind_not_their_name(backbones):
    (backbones / "rad-dino").rename(backbones / "anything")
    found = find_backbones(backbones)
    assert {part: path.name for part, path in found.items()} == {
        "vision": "anything",
        "text": "cxr-bert",
        "decoder": "distilgpt2",
    }
    shutil.copytree(backbones / "anything", backbones / "again")
    with pytest.raises(UsageError, match="again and anything are both a Dinov2"):
        find_backbones(backbones)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"AP": 0, "PA": 1}', "has no view 'unk'"),
        ('{"AP": 0, "unk": 2}', "rows 0 to the number of views"),
        ('{"AP": 0, "unk": 0}', "rows 0 to the number of views"),
        ("[1]", "rows 0 to the number of views"),
        ("nonsense", "not readable as JSON"),
    ],
)
def test_a_table_of_views_that_cannot_be_is_refused(tmp_path, text, message):
    path = tmp_path / "views.json"
    path.write_text(text)
    with pytest.raises(WeightsError, match=message):
        read_views(path)


def test_views_keep_the_rows_of_the_file(lightning, tmp_path):
    path = tmp_path / "views.json"
    path.write_text('{"unk": 0, "LL": 4, "PA": 2, "AP": 1, "LATERAL": 3}')
    import_weights(lightning, tmp_path / "model", backbones=BACKBONES, views=path)
    views = ModelFolder.load(tmp_path / "model").settings.model.views
    assert views == ("unk", "AP", "PA", "LATERAL", "LL")
    path.write_text('{"unk": 0, "AP": 1}')
    with pytest.raises(WeightsError, match="knows 5 view positions, got names for 2"):
        import_weights(lightning, tmp_path / "other", backbones=BACKBONES, views=path)


def test_a_folder_that_is_in_use_is_left_alone(lightning, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine").write_text("mine")
    with pytest.raises(UsageError, match="is not empty"):
        imported(lightning, tmp_path / "model")
    assert [p.name for p in (tmp_path / "model").iterdir()] == ["mine"]


def test_a_model_that_the_published_layout_cannot_hold_is_not_exported(small_model, tmp_path):
    with pytest.raises(WeightsError, match="uses statement rows"):
        export_weights(small_model, tmp_path / "x.ckpt")
    with pytest.raises(UsageError, match=r"ends in \.ckpt"):
        export_weights(small_model, tmp_path / "x.bin")
    assert list(tmp_path.iterdir()) == []
