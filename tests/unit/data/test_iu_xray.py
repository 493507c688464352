"""The Indiana collection in its three forms."""

import shutil

import polars as pl
import pytest
from films import FOREIGN
from indiana_tree import write_community_form, write_kaggle_form, write_xml_form, xml

from priorrg.data.iu_xray import prepare
from priorrg.data.iu_xray_form import Form
from priorrg.errors import DataError, UsageError


def study(prepared, study_id):
    return prepared.study_table.row(by_predicate=pl.col("study_id") == study_id, named=True)


@pytest.mark.parametrize("write", [write_xml_form, write_kaggle_form])
def test_xml_and_kaggle_give_the_same_texts_with_redactions_as_a_space(tmp_path, write):
    write(tmp_path / "root")
    prepared = prepare(tmp_path / "root", tmp_path / "out")
    report = study(prepared, "CXR8")
    assert report["indication"] == "-year-old with cough."
    assert report["findings"] == f"Lungs clear. {FOREIGN}"
    assert (report["impression"], report["comparison"]) == ("Normal chest x- .", "None.")
    assert study(prepared, "CXR9")["findings"] == "Left effusion & <atelectasis>."
    assert prepared.card["redactions"] == "XXXX became a space"
    assert prepared.card["split"] == "drawn by report, seed 0"


def test_images_of_the_xml_form_are_those_it_names(tmp_path):
    write_xml_form(tmp_path / "root")
    prepared = prepare(tmp_path / "root", tmp_path / "out")
    assert [image.image_id for image in prepared.images()] == [
        "CXR8_IM-2333-1001",
        "CXR8_IM-2333-2001",
        "CXR9_IM-2407-1001",
    ]
    assert prepared.images()[0].location == "NLMCXR_png/CXR8_IM-2333-1001.png"
    assert prepared.card["dropped"]["studies_without_any_image"] == 1


def test_projections_of_the_kaggle_form_are_views(tmp_path):
    write_kaggle_form(tmp_path / "root")
    prepared = prepare(tmp_path / "root", tmp_path / "out")
    assert {i.image_id: i.view for i in prepared.images()} == {
        "8_IM-2333-1001": "FRONTAL",
        "8_IM-2333-2001": "LATERAL",
        "9_IM-2407-1001": "FRONTAL",
    }
    assert len(prepared.studies(views="frontal")) == 2


def test_an_image_whose_report_is_not_there_is_counted(tmp_path):
    write_kaggle_form(tmp_path / "root")
    with (tmp_path / "root" / "indiana_projections.csv").open("a") as table:
        table.write("77,77_IM-1-1.dcm.png,Frontal\n")
    prepared = prepare(tmp_path / "root", tmp_path / "out")
    assert prepared.card["dropped"]["images_without_report"] == 1


def test_a_report_that_occurs_twice_in_the_kaggle_form_is_refused(tmp_path):
    write_kaggle_form(tmp_path / "root")
    with (tmp_path / "root" / "indiana_reports.csv").open("a") as table:
        table.write("8,,,,,,,\n")
    with pytest.raises(DataError, match="uid '8' occurs twice"):
        prepare(tmp_path / "root", tmp_path / "out")


def test_the_community_split_is_taken_as_it_is(tmp_path):
    write_community_form(tmp_path / "root")
    prepared = prepare(tmp_path / "root", tmp_path / "out")
    assert [s.current.image_id for s in prepared.studies("validate")] == [
        "CXR9_IM-9/0",
        "CXR9_IM-9/1",
    ]
    assert study(prepared, "CXR8_IM-8")["findings"].endswith("XXXX")
    assert prepared.card["counts"]["studies_by_split"] == {"train": 1, "validate": 1, "test": 2}


def test_several_forms_in_one_root_are_not_guessed_between(tmp_path):
    write_xml_form(tmp_path / "root")
    write_kaggle_form(tmp_path / "root")
    with pytest.raises(UsageError, match="holds the forms xml and kaggle; say which"):
        prepare(tmp_path / "root", tmp_path / "out")
    prepared = prepare(tmp_path / "root", tmp_path / "out", form=Form.KAGGLE)
    assert prepared.card["form"] == "kaggle"
    with pytest.raises(UsageError, match=r"in the form community; expected annotation\.json"):
        prepare(tmp_path / "root", tmp_path / "out", form=Form.COMMUNITY)


def test_a_file_name_in_two_folders_is_taken_once_and_counted(tmp_path):
    write_xml_form(tmp_path / "root")
    shutil.copytree(tmp_path / "root" / "NLMCXR_png", tmp_path / "root" / "copies" / "small")
    prepared = prepare(tmp_path / "root", tmp_path / "out")
    assert prepared.card["dropped"]["image_files_of_one_name"] == 3
    assert prepared.images()[0].location == "NLMCXR_png/CXR8_IM-2333-1001.png"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<eCitation>", "not readable as XML"),
        ("<note/>", "has no uId with an id; expected a report of Open-i"),
        (xml(8, ("", "", "", ""), ()), "study 'CXR8' occurs twice"),
    ],
)
def test_damaged_strange_and_repeated_reports_are_refused(tmp_path, content, words):
    write_xml_form(tmp_path / "root")
    (tmp_path / "root" / "ecgen-radiology" / "99.xml").write_text(content)
    with pytest.raises(DataError, match=words):
        prepare(tmp_path / "root", tmp_path / "out")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"train": [{"id": "x"}]}', r"train\[0\]: KeyError 'image_path'; expected id, report"),
        ('{"holdout": []}', None),
        ("[]", "got list; expected annotation.json with the splits"),
        ('{"train": [{"id": "x", "report": "", "image_path": ["../../x.png"]}]}', "relative to the images"),
        ("{", "not readable as JSON"),
    ],
)  # fmt: skip
def test_a_community_split_that_is_none_is_refused(tmp_path, content, words):
    (tmp_path / "annotation.json").write_text(content)
    with pytest.raises(DataError, match=words):
        prepare(tmp_path, tmp_path / "out")


def test_a_report_of_a_gigabyte_and_a_folder_in_the_place_of_one_are_refused(tmp_path):
    write_xml_form(tmp_path / "root")
    report = tmp_path / "root" / "ecgen-radiology" / "8.xml"
    with report.open("r+b") as file:
        file.truncate(1 << 30)
    with pytest.raises(DataError, match=r"8\.xml: has 1,073,741,824 bytes; expected a report of Open-i"):
        prepare(tmp_path / "root", tmp_path / "out")
    report.unlink()
    report.mkdir()
    with pytest.raises(DataError, match=r"8\.xml: cannot be read \(Is a directory\)"):
        prepare(tmp_path / "root", tmp_path / "out")
    assert not (tmp_path / "out").exists()
