"""The net for names, dates and numbers: what it catches, what it lets through, and that it keeps silent."""

import gzip
import json
from collections import Counter

import polars as pl
import pytest
from dicom_files import ramp, write_dicom
from phi_corpus import corpus
from pydicom import Dataset
from typer.testing import CliRunner

from priorrg.cli import app
from priorrg.data.phi import Kind, find
from priorrg.data.phi_scan import scan
from priorrg.errors import UsageError

RUN = CliRunner()
SECRETS = (
    "Vandermeer", "Ottilie", "VANDERMEER", "OTTILIE", "234-8765", "7741238", "19310412", "04/12/1931",
    "Juniper", "example.org", "Thistlewood", "Eastbrook General", "4477", "Wu", "Ward Seven",
)  # fmt: skip


def kinds(text):
    return [hit.kind for hit in find(text)]


def measured(texts):
    """Return found and planted by kind, and the share of hits that touch something planted."""
    found, planted, right, hits = Counter(), Counter(), 0, 0
    for text, places in texts:
        caught = list(find(text))
        hits += len(caught)
        right += sum(any(h.start < p.end and p.start < h.end for p in places) for h in caught)
        for place in places:
            planted[place.kind] += 1
            found[place.kind] += any(h.start < place.end and place.start < h.end for h in caught)
    return found, planted, right / hits


def test_most_planted_identifiers_are_found_and_most_hits_are_planted():
    found, planted, precision = measured(corpus(2000, seed=1))
    recall = {kind: found[kind] / planted[kind] for kind in Kind}
    floors = {Kind.NAME: 0.84, Kind.ADDRESS: 0.75}
    assert all(recall[kind] >= floors.get(kind, 0.99) for kind in Kind), recall
    assert found.total() / planted.total() >= 0.94
    assert precision >= 0.99


def test_the_net_has_the_holes_that_it_admits():
    assert kinds("Thistlewood to see the patient. Transferred from Rivermouth.") == []


def test_reports_without_identifiers_raise_hardly_an_alarm(small_phantom):
    texts = [path.read_text() for path in sorted(small_phantom.rglob("s*.txt"))]
    assert len(texts) > 50
    assert sum(bool(kinds(text)) for text in texts) == 0


@pytest.mark.parametrize(
    "text",
    [
        "Swan-Ganz and Hickman catheters; Kerley B lines; Port A Cath.",
        "A 3.5 x 2.1 x 1.0 cm mass, SUV 12.5, 10/10 pain, 5/5 strength, T11-T12, ribs 5-8.",
        "89-year-old woman. 90 mL drained. 95% saturation. HR 101, BP 120/80. WBC 125,000.",
        "Discussed with Dr. ___ by telephone at 3:45 p.m. on ___. Dr. XXXX was notified.",
        "The Right Lung is clear. Findings were called. The patient was notified. May represent edema.",
    ],
)
def test_what_only_looks_like_an_identifier_is_left_alone(text):
    assert kinds(text) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("PATIENT NAME: O'DWYER, SIOBHAN", Kind.NAME),
        ("Herr Lindqvist wohnt nicht hier", Kind.NAME),
        ("Prof. Oakhurst", Kind.NAME),
        ("Seen on 3.4.1987.", Kind.DATE),
        ("March 3rd", Kind.DATE),
        ("Elderstraße 17a", Kind.ADDRESS),
        ("pager #4477", Kind.PHONE),
        ("acc# 55-1234", Kind.NUMBER),
        ("aged 97", Kind.AGE),
    ],
)
def test_other_ways_to_write_an_identifier_are_known(text, kind):
    assert kinds(text) == [kind]


def seeded(root):
    """Write reports, tables and DICOM files full of secrets, in names of files and columns too."""
    (root / "reports" / "Vandermeer, Ottilie").mkdir(parents=True)
    report = "FINDINGS: Clear.\nDictated by Ottilie Vandermeer on 04/12/1931, MRN 7741238.\n"
    (root / "reports" / "Vandermeer, Ottilie" / "7741238.txt").write_text(report)
    (root / "reports" / "Ottilie_Vandermeer_Wu.Thistlewood").write_text("not looked at")
    (root / "Wu.txt").write_bytes(
        b"Call 555-234-8765 or ottilie@example.org\r\nat 4477 Juniper Lane\xff"
    )
    rows = (
        'patient,report,Ottilie Vandermeer,phone\n7741238,"Mrs. Thistlewood, born 04/12/1931",ok,4477\n'
    )
    (root / "studies.csv").write_text(rows)
    with gzip.open(root / "more.csv.gz", "wt") as file:
        file.write(rows)
    pl.DataFrame({"findings": ["Dr. Thistlewood agrees"], "n": [1]}).write_parquet(root / "t.parquet")
    (root / "broken_Thistlewood.csv").write_bytes(b"")
    nested = Dataset()
    nested.ReasonForTheRequestedProcedure = "Cough, see Mrs. Vandermeer"
    write_dicom(
        root / "Vandermeer.dcm",
        ramp(),
        PatientName="VANDERMEER^OTTILIE",
        PatientBirthDate="19310412",
        PatientID="7741238",
        AccessionNumber="7741238",
        InstitutionName="Eastbrook General",
        InstitutionalDepartmentName="Ward Seven",
        RequestAttributesSequence=[nested],
        PatientAge="093Y",
        BurnedInAnnotation="YES",
    )
    (root / "cut.dcm").write_bytes((root / "Vandermeer.dcm").read_bytes()[:150])


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_no_value_ever_appears(tmp_path, options):
    seeded(tmp_path)
    result = RUN.invoke(app, ["doctor", str(tmp_path), "--phi", *options], catch_exceptions=False)
    assert result.exit_code == 1
    said = (result.stdout + result.stderr).replace(str(tmp_path), "")
    assert "net with holes" in said
    assert [secret for secret in SECRETS if secret.lower() in said.lower()] == []


def test_places_are_told_by_file_and_line_column_or_attribute(tmp_path):
    seeded(tmp_path)
    found = {(place.path, place.where, place.kind) for place in scan(tmp_path).places}
    assert ("reports/*/#.txt", "line 2", "name") in found
    assert ("reports/*/#.txt", "line 2", "id number") in found
    assert ("studies.csv", "row 1, column report", "name") in found
    assert ("studies.csv", "row 1, column phone", "phone number") in found
    assert ("*.csv.gz", "row 1, column report", "date") in found
    assert ("t.parquet", "row 1, column findings", "name") in found
    request = "RequestAttributesSequence.ReasonForTheRequestedProcedure"
    for attribute, kind in (
        ("PatientName", "name"),
        ("PatientBirthDate", "date"),
        ("AccessionNumber", "id number"),
        ("InstitutionName", "address or institution"),
        ("PatientAge", "age over 89"),
        (request, "name"),
    ):
        assert ("*.dcm", attribute, kind) in found


def test_ids_and_dates_are_left_alone_where_they_belong(tmp_path):
    table = "patient_id,study_id,taken_at,image,view,note\n7741238,88112233,2021-03-04,a/20210304.png,PA,fine\n"
    (tmp_path / "studies.csv").write_text(table)
    write_dicom(tmp_path / "a.dcm", ramp(), PatientName="", PatientBirthDate="", PatientID="7741238")
    found = scan(tmp_path)
    assert found.places == ()
    assert found.looked_at == {"DICOM header": 1, "table": 1}
    assert found.burned_in == {"BurnedInAnnotation is missing": 1}


@pytest.mark.parametrize("filler", ["", "Anonymous", "___", "REMOVED", "anon123"])
def test_a_name_that_was_taken_out_is_no_alarm(tmp_path, filler):
    write_dicom(tmp_path / "a.dcm", ramp(), PatientName=filler, PatientBirthDate=None)
    assert scan(tmp_path).places == ()


def test_the_phantom_is_clean_and_the_verb_says_so(small_phantom):
    result = RUN.invoke(app, ["doctor", str(small_phantom), "--phi", "--json"], catch_exceptions=False)
    found = json.loads(result.stdout)
    assert result.exit_code == 0
    assert (found["counts"], found["places"], found["unreadable"]) == ({}, [], [])
    assert found["looked_at"]["text"] > 50


def test_files_that_cannot_be_read_or_are_of_another_kind_are_counted(tmp_path):
    seeded(tmp_path)
    found = scan(tmp_path)
    assert found.passed_over == {"other": 1}
    assert sorted(file.partition(", ")[2] for file in found.unreadable) == [
        "*.csv (NoDataError)",
        "*.dcm (ImageError)",
    ]


def test_paths_are_shown_in_the_clear_only_when_asked_for(tmp_path):
    seeded(tmp_path)
    assert "Vandermeer.dcm" not in {place.path for place in scan(tmp_path).places}
    assert "Vandermeer.dcm" in {place.path for place in scan(tmp_path, clear_paths=True).places}


def test_a_missing_folder_is_wrong_use(tmp_path):
    with pytest.raises(UsageError, match="no such folder"):
        scan(tmp_path / "none")


def test_masked_paths_come_with_the_option_that_shows_them(tmp_path):
    seeded(tmp_path)
    masked = RUN.invoke(app, ["doctor", str(tmp_path), "--phi"], catch_exceptions=False)
    clear = RUN.invoke(app, ["doctor", str(tmp_path), "--phi", "--clear-paths"], catch_exceptions=False)
    assert "--clear-paths shows them" in masked.output
    assert "--clear-paths" not in clear.output


CITATION = """<eCitation>
<articleDate>2013-08-01</articleDate>
<AbstractText Label="INDICATION">{}</AbstractText>
<IMedAuthor>Mary Oakhurst MD</IMedAuthor>
</eCitation>
"""


def test_the_authors_and_date_of_a_published_collection_are_no_alarm_but_its_texts_are(tmp_path):
    (tmp_path / "1.xml").write_text(CITATION.format("Cough."))
    assert scan(tmp_path).places == ()
    (tmp_path / "1.xml").write_text(CITATION.format("Seen by Dr. Oakhurst on 3/4/1987."))
    assert sorted((p.where, p.kind) for p in scan(tmp_path).places) == [
        ("line 3", "date"),
        ("line 3", "name"),
    ]
    (tmp_path / "1.xml").write_text(CITATION.replace("eCitation", "report").format("Cough."))
    assert {p.where for p in scan(tmp_path).places} == {"line 2", "line 4"}


@pytest.mark.parametrize(
    "column", ["patientid", "StudyUID", "case", "case_no", "exam_number", "dicom", "index", "row_id"]
)
def test_a_plain_column_of_ids_is_no_alarm(tmp_path, column):
    (tmp_path / "t.csv").write_text(f"{column},report\nAB1234567,Clear.\n2024-01-31,Clear.\n")
    assert scan(tmp_path).places == ()


@pytest.mark.parametrize(
    "column", ["mrn", "accession_number", "insurance_no", "phone_number", "remarks"]
)
def test_a_column_that_gives_patients_away_still_is_one(tmp_path, column):
    (tmp_path / "t.csv").write_text(f"{column}\nAB1234567\n")
    assert len(scan(tmp_path).places) == 1
