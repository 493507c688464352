"""What ``priorrg doctor`` says of folders: known ones, halves of them, and odd ones."""

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from mimic_tree import Film, two_visits, write_tree
from PIL import Image
from typer.testing import CliRunner

from priorrg.cli import app
from priorrg.data import diagnosis
from priorrg.data.diagnosis import diagnose
from priorrg.data.mimic_cxr import prepare
from priorrg.data.recognise import FORMS
from priorrg.errors import UsageError

RUN = CliRunner()
OPENI = '<eCitation><uId id="CXR1"/><parentImage id="CXR1_1_IM-0001"/></eCitation>'


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((20, 20), 90, np.uint8)).save(path)


def text(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


def mimic_jpg(root):
    write_tree(root, two_visits())


def phantom(root):
    mimic_jpg(root)
    text(root / "phantom-truth.csv", "study_id\n")


def mimic(root):
    text(root / "files/p10/p10000032/s50414267.txt", "FINDINGS: none")
    text(root / "cxr-study-list.csv", "study_id,path\n1,files/p10/p10000032/s50414267.txt\n")
    text(root / "cxr-record-list.csv", "dicom_id,path\n1,files/p10/p10000032/s50414267/a.dcm\n")
    text(root / "files/p10/p10000032/s50414267/a.dcm", "x")


def released(root):
    item = {"anchor_scan": {"image_path": ["p10/p10000032/s50414267/a.png"]}, "indication_pure": ""}
    text(root / "mimic_cxr_annotation.json", {"train": [item], "val": [], "test": []})
    picture(root / "p10/p10000032/s50414267/a.png")


def openi(root):
    text(root / "ecgen-radiology/1.xml", OPENI)
    picture(root / "CXR1_1_IM-0001.png")


def kaggle(root):
    text(root / "indiana_reports.csv", "uid,findings\n1,Clear.\n")
    text(root / "indiana_projections.csv", "uid,filename,projection\n1,1_IM-1.dcm.png,Frontal\n")
    picture(root / "images/images_normalized/1_IM-1.dcm.png")


def community(root):
    item = {"id": "CXR1", "report": "Clear.", "image_path": ["CXR1/0.png"]}
    text(root / "annotation.json", {"train": [item], "val": [], "test": []})
    picture(root / "images/CXR1/0.png")


def chexpert(root):
    row = "path_to_image,split\ntrain/patient1/study1/view1_frontal.jpg,train\n"
    text(root / "df_chexpert_plus_240401.csv", row)
    picture(root / "PNG/train/patient1/study1/view1_frontal.png")


def rexgradient(root):
    for split in ("train", "valid", "test"):
        study = {"P1_S1": {"ImagePath": ["../deid_png/P1/a.png"], "ImageViewPosition": ["PA"]}}
        text(root / "metadata" / f"{split}_metadata_view_position.json", study)
    picture(root / "deid_png/P1/a.png")


def padchest(root):
    text(root / "grounded_reports_20240819.json", [{"ImageID": "1_2.png", "findings": []}])
    text(root / "master_table.csv", "ImageID,progression_status\n1_2.png,\n")
    picture(root / "Padchest_GR_files/PadChest_GR/1_2.png")


def own(root):
    text(root / "studies.csv", "patient,study,image\np1,s1,films/a.png\n")
    picture(root / "films/a.png")


def prepared(root):
    prepare(write_tree(root.with_name("source"), two_visits()), root)


TREES = {
    "prepared": prepared,
    "phantom": phantom,
    "mimic-cxr-jpg": mimic_jpg,
    "mimic-cxr": mimic,
    "released": released,
    "iu-xray-xml": openi,
    "iu-xray-kaggle": kaggle,
    "iu-xray-split": community,
    "chexpert-plus": chexpert,
    "rexgradient": rexgradient,
    "padchest-gr": padchest,
    "own": own,
}


@pytest.mark.parametrize("name", [form.name for form in FORMS])
def test_a_whole_data_set_is_known_complete_and_its_images_found(tmp_path, name):
    root = tmp_path / "root"
    TREES[name](root)
    (found,) = diagnose(root)
    assert found.form == name
    assert found.complete, (found.missing, found.wrong)
    assert any(line.endswith((".jpg)", ".png)", ".dcm)")) for line in found.there), found.there
    assert found.command.startswith("priorrg ")
    assert str(root) in found.command


@pytest.mark.parametrize(
    "name", [form.name for form in FORMS if form.name not in ("mimic-cxr", "released")]
)
def test_images_that_are_listed_but_not_there_are_counted_as_missing(tmp_path, name):
    root = tmp_path / "root"
    TREES[name](root)
    gone = sorted(p for p in tmp_path.rglob("*") if p.suffix in (".png", ".jpg"))[0]
    gone.unlink()
    (found,) = diagnose(root)
    assert not found.complete
    listed = 3 if "mimic" in name or name in ("phantom", "prepared", "rexgradient") else 1
    missing = 3 if name == "rexgradient" else 1
    assert [m.what for m in found.missing if m.needed] == [f"images: {missing} of {listed} looked for"]


def test_terms_and_where_to_get_it_come_from_the_table_of_data_sets(tmp_path):
    mimic_jpg(tmp_path)
    (found,) = diagnose(tmp_path)
    assert "PhysioNet Credentialed Health Data License" in found.licence
    assert "https://physionet.org" in found.obtain


def test_a_missing_table_is_named_with_where_to_get_it(tmp_path):
    mimic_jpg(tmp_path)
    (tmp_path / "mimic-cxr-2.0.0-metadata.csv").unlink()
    (found,) = diagnose(tmp_path)
    (needed,) = [missing for missing in found.missing if missing.needed]
    assert needed.what.startswith("metadata table (mimic-cxr-2.?.0-metadata.csv")
    assert needed.obtain == "https://physionet.org/content/mimic-cxr-jpg/"


def test_a_table_that_was_not_fetched_whole_is_wrong(tmp_path):
    mimic_jpg(tmp_path)
    table = tmp_path / "mimic-cxr-2.0.0-split.csv"
    content = table.read_text()
    for cut in (content.rstrip()[: -len(",train")], content + "\0" * 4096):
        table.write_text(cut)
        (found,) = diagnose(tmp_path)
        assert not found.complete
        (wrong,) = found.wrong
        assert wrong.startswith("split table")
        assert f"cannot be read: {table}: " in wrong
        assert "it was not fetched whole" in wrong


def test_reports_that_lie_elsewhere_are_missed_but_not_needed(tmp_path):
    write_tree(tmp_path, [Film(patient="10000032", study="1", image="a", report=None)])
    (found,) = diagnose(tmp_path)
    assert found.complete
    assert "--reports" in next(m.obtain for m in found.missing if m.what.startswith("reports"))


def test_an_archive_that_is_there_is_to_be_unpacked(tmp_path):
    text(tmp_path / "ecgen-radiology.tar.gz", "packed")
    (found,) = diagnose(tmp_path)
    assert [missing.obtain for missing in found.missing] == ["unpack ecgen-radiology.tar.gz"]


def test_empty_and_cut_files_of_a_broken_download_are_counted(tmp_path):
    write_tree(tmp_path, [Film(patient="10000032", study="1", image=i) for i in ("a", "b", "c")])
    (a, b, _) = sorted(tmp_path.rglob("*.jpg"))
    a.write_bytes(b"")
    b.write_bytes(b.read_bytes()[:-300])
    (found,) = diagnose(tmp_path)
    assert not found.complete
    assert [line.split(" have ")[0].split(" do ")[0] for line in found.wrong] == [
        "images: 1 of 3",
        "images: 1 of 3",
    ]


def test_a_long_list_is_sampled_evenly_unless_every_file_is_asked_for(tmp_path, monkeypatch):
    films = [Film(patient="10000032", study="1", image=f"i{n:02}", on_disk=n < 20) for n in range(40)]
    write_tree(tmp_path, films)
    monkeypatch.setattr(diagnosis, "SAMPLE", 10)
    (sampled,) = diagnose(tmp_path)
    assert "images: 5 of 10 looked for, spread evenly over the 40 listed (.jpg)" in sampled.there
    (whole,) = diagnose(tmp_path, every=True)
    assert "images: 20 of 40; every listed file was looked for (.jpg)" in whole.there


def break_json(root):
    text(root / "annotation.json", '{"train": [{"image_path": 3, "report": ')


def break_csv(root):
    mimic_jpg(root)
    (root / "mimic-cxr-2.0.0-metadata.csv").write_bytes(b"\xff\x00\xfe,\n1")


def break_xml(root):
    text(root / "1.xml", "<eCitation><uId")


def break_card(root):
    text(root / "data.json", '{"schema_version": "soon"')


def break_parquet(root):
    prepared(root)
    (root / "studies.parquet").write_bytes(b"PAR1")


@pytest.mark.parametrize("breaking", [break_json, break_csv, break_xml, break_card, break_parquet])
def test_a_damaged_file_is_said_to_be_wrong_and_never_fatal(tmp_path, breaking):
    root = tmp_path / "root"
    root.mkdir()
    breaking(root)
    (found,) = diagnose(root)
    assert not found.complete
    assert found.wrong
    result = RUN.invoke(app, ["doctor", str(root)], catch_exceptions=False)
    assert result.exit_code == 1
    assert "wrong:" in result.stdout
    told = result.stdout.replace("\n", "")
    assert "JSONDecodeError" not in told
    assert "ParseError" not in told


def test_a_prepared_data_set_whose_source_has_moved_says_so(tmp_path):
    prepared(tmp_path / "data")
    (tmp_path / "source").rename(tmp_path / "moved")
    (found,) = diagnose(tmp_path / "data")
    assert not found.missing
    (wrong,) = found.wrong
    source = tmp_path / "source"
    assert f"the folder that this was prepared from, {source}, is not there any more; put it" in wrong


@pytest.mark.parametrize(
    ("folder", "here", "root", "words"),
    [
        ("raw", ".", "raw", ["raw", "data/mimic"]),
        ("raw", "raw", ".", [".", "../raw-prepared"]),
        ("raw", "raw/files", "..", ["..", "../../raw-prepared"]),
        ("data", ".", "data", ["data", "data-prepared"]),
        ("data/mimic", ".", "data/mimic", ["data/mimic", "data/mimic-prepared"]),
        ("data/mimic/raw", ".", "data/mimic/raw", ["data/mimic/raw", "data/mimic/raw-prepared"]),
        ("my raw", "my raw", "../my raw", ["../my raw", "../my raw-prepared"]),
    ],
)
def test_what_to_type_next_writes_nothing_into_the_raw_data(
    tmp_path, monkeypatch, folder, here, root, words
):
    (tmp_path / folder).mkdir(parents=True)
    mimic_jpg(tmp_path / folder)
    monkeypatch.chdir(tmp_path / here)
    (found,) = diagnose(root)
    assert shlex.split(found.command) == ["priorrg", "prepare", "mimic-cxr", *words]


def test_what_to_type_for_a_folder_inside_is_quoted(tmp_path):
    mimic_jpg(tmp_path / "my raw")
    result = RUN.invoke(app, ["doctor", str(tmp_path)], catch_exceptions=False)
    assert f"does: priorrg doctor '{tmp_path}/my raw'" in result.stdout.replace("\n", " ")


def odd_names(root):
    text(root / "[bold]{root}.csv", "")
    (root / "studies.csv").symlink_to(root / "nowhere")
    (root / "annotation.json").symlink_to(root)
    (root / "data.json").mkdir()
    (root / "x.parquet").write_bytes(b"\x00" * 30)


def test_an_odd_folder_is_unknown_and_is_told_what_was_looked_for(tmp_path):
    odd_names(tmp_path)
    assert diagnose(tmp_path) == []
    result = RUN.invoke(app, ["doctor", str(tmp_path)], catch_exceptions=False)
    assert result.exit_code == 1
    assert "holds no data set that is known" in result.stdout
    for form in FORMS:
        assert form.title in result.stdout


def test_a_folder_above_a_data_set_points_to_it(tmp_path):
    mimic_jpg(tmp_path / "physionet")
    result = RUN.invoke(app, ["doctor", str(tmp_path)], catch_exceptions=False)
    assert f"priorrg doctor {tmp_path / 'physionet'}" in result.stdout


def test_a_folder_of_two_data_sets_names_both(tmp_path):
    kaggle(tmp_path)
    community(tmp_path)
    assert [found.form for found in diagnose(tmp_path)] == ["iu-xray-kaggle", "iu-xray-split"]


def test_a_file_or_a_missing_folder_is_wrong_use(tmp_path):
    text(tmp_path / "a.csv", "patient,study\n")
    with pytest.raises(UsageError, match="is a file"):
        diagnose(tmp_path / "a.csv")
    with pytest.raises(UsageError, match="no such folder"):
        diagnose(tmp_path / "none")


def test_the_doctor_speaks_json(tmp_path):
    mimic_jpg(tmp_path)
    result = RUN.invoke(app, ["doctor", str(tmp_path), "--json"], catch_exceptions=False)
    (found,) = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (found["form"], found["complete"]) == ("mimic-cxr-jpg", True)
    assert found["command"] == f"priorrg prepare mimic-cxr {tmp_path} data/mimic"
