"""The authors' annotation: one item per image, priors as given, nothing asked of what is a prior alone."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image
from typer.testing import CliRunner

from priorrg.cli import app
from priorrg.data import released
from priorrg.errors import DataError, UsageError

NOW, SIDE, OLD, LOST = (
    f"p10/p10000001/s5000000{study}/{name}.jpg"
    for study, name in ((2, "now"), (2, "side"), (1, "old"), (9, "lost"))
)


STRANGER = "p10/p10000007/s50000007/i50000007.jpg"


def item(path, view="AP", prior=None, **more):
    return {
        "id": "x",
        "subject_id": 10000001,
        "study_id": 50000002,
        "findings": " The heart is normal. ",
        "impression": None,
        "indication_pure": "",
        "history_pure": "cough",
        "findings_factual_serialization": ["heart normal"],
        "anchor_scan": {"image_path": [path, "second.jpg"], "view_position": [view, "PA"]},
        "auxiliary_references": {"image_path": [], "view_position": []},
        "prior_study": prior,
    } | more


def before(path, view="PA"):
    return {"latest_study": {"image_path": path, "view_position": view}, "second_recent_study": {}}


def other(patient, study, split="train"):
    """Return an item of another patient."""
    path = f"p10/p{patient}/s{study}/i{study}.jpg"
    return item(path, subject_id=f"p{patient}", study_id=f"s{study}")


@pytest.fixture
def images(tmp_path):
    root = tmp_path / "files"
    paths = [NOW, SIDE, OLD, "p10/p10000007/s50000007/i50000007.jpg"]
    for number, path in enumerate(paths):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        grey = np.random.default_rng(number).integers(0, 255, (70, 60), dtype=np.uint8)
        Image.fromarray(grey).save(root / path)
    return root


def write(tmp_path, content):
    path = tmp_path / "annotation.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def prepare(annotation, images, out):
    return released.prepare(images, out, annotation=annotation)


def test_items_become_rows_with_the_prior_that_they_name(tmp_path, images):
    content = {
        "train": [other(10000007, 50000007)],
        "val": [],
        "test": [item(NOW, prior=before(OLD)), item(SIDE, view="LATERAL", prior=before(OLD))],
    }
    prepared = prepare(write(tmp_path, content), images, tmp_path / "out")
    first, second = prepared.studies("test")
    assert (first.current.image_id, second.current.image_id) == ("now", "side")
    assert (first.current.view, second.current.view) == ("AP", "LATERAL")
    assert first.prior.image_id == second.prior.image_id == "old"
    assert (first.prior.view, first.prior_reason, first.days_since_prior) == ("PA", "given", None)
    assert (first.patient_id, first.study_id) == ("10000001", "50000002")
    assert first.report.findings == "The heart is normal."
    assert (first.context.indication, first.context.history) == ("", "cough")
    assert [s.split for s in prepared.studies()] == ["", "test", "test", "train"]
    assert prepared.card["counts"]["studies_by_split"] == {"train": 1, "test": 1, "none": 1}


def test_the_prior_that_the_annotation_names_is_kept_though_it_is_not_the_nearest(tmp_path, images):
    content = {
        "test": [
            item(NOW, prior=before(OLD)),
            item(OLD, study_id=50000001, prior=before(NOW)),  # ordered by random ids: the wrong way
        ]
    }
    prepared = prepare(write(tmp_path, content), images, tmp_path / "out")
    assert {s.current.image_id: s.prior.image_id for s in prepared.studies("test")} == {
        "now": "old",
        "old": "now",
    }


def test_an_image_that_is_a_prior_alone_is_not_reported_on(tmp_path, images):
    content = {"test": [item(NOW, prior=before(SIDE))]}  # an image of the same study, not an item
    prepared = prepare(write(tmp_path, content), images, tmp_path / "out")
    assert [s.current.image_id for s in prepared.studies("test")] == ["now"]
    assert prepared.studies("test")[0].prior.image_id == "side"
    assert sorted(prepared.study_table["study_id"]) == ["50000002", "50000002-prior"]
    assert [i.image_id for i in prepared.images_by_split()["test"]] == ["now", "side"]


@pytest.mark.parametrize(
    ("prior", "reason"),
    [(None, "first_study"), ({"second_recent_study": {}}, "prior_has_no_image"), ({}, "first_study")],
)
def test_without_a_latest_study_there_is_no_prior(tmp_path, images, prior, reason):
    prepared = prepare(write(tmp_path, {"test": [item(NOW, prior=prior)]}), images, tmp_path / "out")
    (study,) = prepared.studies("test")
    assert (study.prior, study.prior_reason) == (None, reason)


def test_items_without_facts_are_dropped_and_lost_images_counted(tmp_path, images):
    content = {
        "test": [
            item(NOW, prior=before(LOST)),
            item(SIDE, findings_factual_serialization=[]),
            item(LOST, study_id=50000009),
            item(NOW, prior=before(LOST)),
        ]
    }
    prepared = prepare(write(tmp_path, content), images, tmp_path / "out")
    (study,) = prepared.studies("test")
    assert study.prior is None
    assert prepared.card["dropped"] == {
        "images_missing": 1,
        "items_repeated": 1,
        "items_without_facts": 1,
        "priors_missing": 2,
    }


def test_paths_with_and_without_files_are_found(tmp_path, images):
    plain = prepare(write(tmp_path, {"test": [item(NOW)]}), images.parent, tmp_path / "a")
    assert plain.image_path(plain.images()[0]).is_file()
    nested = prepare(write(tmp_path, {"test": [item(f"files/{NOW}")]}), images, tmp_path / "b")
    assert nested.image_path(nested.images()[0]).is_file()


def test_a_prior_without_an_image_and_a_scan_without_a_view_are_no_fault(tmp_path, images):
    nothing = {"latest_study": {"image_path": [], "view_position": []}}
    blank = {"image_path": [NOW], "view_position": []}
    content = {"test": [item(NOW, prior=nothing, anchor_scan=blank)]}
    (study,) = prepare(write(tmp_path, content), images, tmp_path / "out").studies("test")
    assert (study.current.view, study.prior, study.prior_reason) == ("unk", None, "prior_has_no_image")


def test_a_prior_named_in_another_view_than_its_own_is_counted(tmp_path, images):
    content = {"test": [item(NOW, prior=before(OLD, view="LATERAL")), item(OLD, study_id=50000001)]}
    prepared = prepare(write(tmp_path, content), images, tmp_path / "out")
    assert prepared.card["dropped"]["priors_in_another_view"] == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not readable as JSON"),
        ([], "expected the splits train, val, test"),
        ({"training": []}, r"got \['training'\]; expected the splits"),
        ({"test": [{"id": "x"}]}, r"test\[0\]: prior_study is missing; expected an object or null"),
        ({"test": ["x"]}, r"test\[0\]: the item is text; expected an object"),
        (
            {"test": [item("../secret.jpg")]},
            r"anchor_scan\.image_path: image path is '\.\./secret\.jpg'",
        ),
        ({"test": [item("/etc/secret.jpg")]}, "expected one relative to the images"),
        ({"test": [item(LOST)]}, r"none of the 1 images of annotation\.json is there"),
        ({"test": [item(NOW), item(SIDE, findings="Other.")]}, "two patients, splits or reports"),
        ({"train": [item(NOW)], "test": [item(SIDE)]}, "two patients, splits or reports"),
        ({"test": [item(NOW), item(NOW, view="PA")]}, "image 'now' is in two items that differ"),
        ({"test": [item(NOW, indication_pure=["a"])]}, "indication_pure is a list; expected text"),
        (
            {"train": [other(10000007, 50000007)], "test": [item(NOW, prior=before(STRANGER))]},
            "the prior .* is of patient '10000007'",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(tmp_path, images, content, message):
    with pytest.raises(DataError, match=message) as caught:
        prepare(write(tmp_path, content), images, tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("latest", "message"),
    [
        ({"view_position": "PA"}, r"image_path is missing; expected text or a list of texts"),
        ({"image_path": OLD}, r"view_position is missing; expected text or a list of texts"),
        ({"image_path": {"a": 1}, "view_position": "PA"}, "image_path is an object; expected text or a"),
        ({"image_path": [7], "view_position": "PA"}, r"image_path\[0\] is a number; expected text"),
        ({"image_path": OLD, "view_position": 3}, "view_position is a number; expected text or a list"),
        ({"image_path": "/etc/x.jpg", "view_position": "PA"}, "image_path: image path is '/etc/x.jpg'"),
    ],
)
def test_a_fault_inside_the_prior_names_study_field_and_what_stood_there(
    tmp_path, images, latest, message
):
    content = {"test": [item(NOW, prior={"latest_study": latest})]}
    where = r"test\[0\] \(study 50000002\): prior_study\.latest_study\."
    with pytest.raises(DataError, match=where + message):
        prepare(write(tmp_path, content), images, tmp_path / "out")


def test_a_prior_that_is_a_list_is_named_as_one(tmp_path, images):
    content = {"test": [item(NOW, prior={"latest_study": [OLD]})]}
    with pytest.raises(DataError, match="latest_study is a list; expected an object or null"):
        prepare(write(tmp_path, content), images, tmp_path / "out")


def test_missing_files_and_folders_are_wrong_use(tmp_path, images):
    with pytest.raises(UsageError, match="expected the authors' annotation JSON"):
        prepare(tmp_path / "none.json", images, tmp_path / "out")
    with pytest.raises(UsageError, match="no such folder"):
        prepare(write(tmp_path, {"test": [item(NOW)]}), tmp_path / "none", tmp_path / "out")


def test_the_three_commands_evaluate_published_weights(tmp_path, images):
    golden = Path(__file__).parents[2] / "parity" / "golden"
    content = {
        "train": [other(10000007, 50000007)],
        "test": [item(NOW, prior=before(OLD)), item(SIDE, view="LL")],
    }
    annotation = write(tmp_path, content)
    model, data, reports = (str(tmp_path / name) for name in ("model", "data", "reports.csv"))
    backbones = golden / "backbones"
    for command in (
        [
            *("import-weights", str(golden / "best_model.safetensors"), model),
            *("--backbones", str(backbones), "--views", str(backbones / "vp.json")),
        ],
        ["prepare", "released", str(annotation), str(images), data],
        ["generate", model, data, "--out", reports, "--evaluate"],
    ):
        done = CliRunner().invoke(app, command, catch_exceptions=False)
        assert done.exit_code == 0, done.output
    assert "bleu_4" in done.output
    table = pl.read_csv(reports)
    assert table["image_id"].to_list() == ["now", "side"]
    assert table["has_prior"].to_list() == [1, 0]
    assert table["reference"].to_list() == ["The heart is normal."] * 2
    store = tmp_path / "data" / "store" / "56-crop"
    assert sorted(p.name for p in store.glob("*.npy")) == ["test-00000.npy"]  # nothing else was decoded
