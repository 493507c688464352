import base64
import hashlib
import re
from dataclasses import replace

import numpy as np
import pytest
from tests.unit.gallery.structure import HOSTILE, Structure

from priorrg.errors import ImageError, StorageError
from priorrg.gallery.page import MOST_BYTES, write_gallery
from priorrg.language.observations import Change

NOTICE = "Draft by software; trained on phantoms."


@pytest.fixture
def write(tmp_path, images, case):
    def write(cases=(case,), folder=tmp_path / "page", **changes):
        row = {
            "finding_f1": 0.9,
            "change_f1": 0.5,
            "question_answered": 0.96,
            "false_prior": float("nan"),
        }
        given = {
            "title": "A trial",
            "scores": {"rows": {"full": row, "majority": {"finding_f1": 0.2}}},
            "losses": {},
            "provenance": {"notice": NOTICE, "synthetic": True},
            "images": images,
        }
        path = write_gallery(folder, cases=list(cases), **(given | changes))
        return path.read_text(encoding="utf-8")

    return write


def test_hostile_text_stays_text(write, case):
    hostile = replace(
        case,
        study_id=HOSTILE,
        patient_id=HOSTILE,
        view=HOSTILE,
        indication=HOSTILE,
        history=HOSTILE,
        reference=HOSTILE,
        generated=HOSTILE,
    )
    page = write(
        [hostile],
        title=HOSTILE,
        provenance={"notice": HOSTILE, "trained_on": HOSTILE},
        scores={"rows": {HOSTILE: {}}, "command": HOSTILE},
    )
    assert "script" not in Structure(page).tags
    assert "onerror" not in {name for _, name, _ in Structure(page).attributes}


def test_the_page_asks_nothing_of_the_network_and_runs_no_script(write):
    page = write()
    structure = Structure(page)
    assert not re.search(
        r"https?:|//[a-z]|@import|url\(", page.split("<body>")[0] + re.sub(r"data:[^\"]*", "", page)
    )
    assert not {"script", "link", "iframe", "object"} & set(structure.tags)
    for _, name, value in structure.attributes:
        assert not name.startswith("on")
        if name in ("src", "href"):
            assert value.startswith(("data:image/jpeg;base64,", "#"))


def test_the_policy_of_the_page_admits_its_own_style_and_no_other(write):
    page = write()
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'" in page
    assert "style" not in {name for _, name, _ in Structure(page).attributes}


def test_a_study_without_a_prior_says_so(write, case):
    page = write([replace(case, prior_image=None, days_since_prior=None)])
    assert '<div class="none">no prior</div>' in page
    assert "no prior image was given to compare with" in page
    assert page.count("<img") == 1


def test_an_empty_report_is_shown_as_empty(write, case):
    page = write([replace(case, generated="")])
    assert "The model wrote nothing." in page
    assert "said: nothing about left pleural effusion; truth: smaller" in page


def test_every_worst_case_spells_out_its_wrong_change(write, case):
    second = replace(case, study_id="s2", generated="Left pleural effusion, unchanged.")
    page = write([case, second])
    assert "said: left pleural effusion larger; truth: smaller" in page
    assert "said: left pleural effusion unchanged; truth: smaller" in page


def test_a_wrong_sentence_is_marked_in_words_and_its_counterpart_in_the_reference_too(write):
    page = write()
    assert 'Left pleural effusion, larger.<span class="hidden"> (wrong)</span>' in page
    assert (
        'Left pleural effusion, smaller.<span class="hidden"> (missed or contradicted by the draft)</span>'
        in page
    )


def test_every_image_has_an_alternative_text(write):
    attributes = Structure(write()).attributes
    alternatives = [value for tag, name, value in attributes if tag == "img" and name == "alt"]
    assert alternatives == ["Prior radiograph, 12 days earlier", "Current radiograph, view PA"]


def test_boxes_are_drawn_in_the_frame_of_the_written_image(write, case):
    page = write([replace(case, image_size=(512, 512))])
    assert 'viewBox="0 0 512 512"' in page
    assert '<rect x="10" y="40" width="20" height="20"/>' in page


def test_targets_stand_beside_their_numbers_and_those_missed_are_named(write):
    target = {
        "row": "full",
        "metric": "change_f1",
        "relation": ">=",
        "value": 0.6,
        "got": 0.5,
        "met": False,
    }
    kept = {
        "row": "full",
        "metric": "finding_f1",
        "relation": ">=",
        "value": 0.8,
        "got": 0.9,
        "met": True,
    }
    page = write(scores={"rows": {"full": {"change_f1": 0.5}}, "targets": [target, kept]})
    assert "1 of 2 targets met" in page
    assert "≥ 0.600 ✗ not met" in page
    assert "≥ 0.800 ✓ met" in page
    assert "Not met: The model, Change F1: ≥ 0.600, got 0.500." in page


def test_a_score_that_is_not_a_number_is_a_dash(write):
    assert "nan" not in re.sub(r"data:[^\"]*", "", write()).lower()


def test_the_notice_stands_at_the_top(write):
    page = write()
    assert page.index(NOTICE) < page.index("<main>")


def test_losses_are_drawn_and_a_line_cut_off_by_a_crash_is_left_out(write, tmp_path):
    record = tmp_path / "losses.jsonl"
    record.write_text(
        '{"step": 1, "loss": 4.0}\n{"step": 2, "loss": 2.0}\n{"step": 2, "val_loss": 2.5}\n{"ste'
    )
    page = write(losses={"report": record, "align": tmp_path / "absent.jsonl"})
    assert "Loss: report" in page
    assert "Loss: align" not in page
    assert "Training loss from 4.00 to 2.00 at step 2; lowest validation loss 2.50 at step 2." in page


def test_the_same_input_gives_the_same_page(write, tmp_path):
    assert write(folder=tmp_path / "a") == write(folder=tmp_path / "b")


def test_thirty_cases_of_noise_stay_within_the_size(write, case, images):
    cases = [replace(case, study_id=f"s{i}", shown_as="typical") for i in range(30)]
    page = write(cases)
    assert page.count("<img") == 60
    assert len(page.encode()) <= MOST_BYTES


def test_an_image_that_is_not_grey_is_refused_by_name_and_nothing_is_written(write, tmp_path):
    with pytest.raises(ImageError, match=r"image i1: .*expected 8-bit grey"):
        write(images=lambda _: np.zeros((8, 8, 3), dtype=np.uint8), folder=tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_folder_that_is_a_file_is_a_storage_error(write, tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(StorageError, match="taken"):
        write(folder=tmp_path / "taken")


def test_a_page_without_cases_losses_or_targets_is_still_a_page(write):
    Structure(write([]))


def test_a_device_and_a_resolved_finding_are_part_of_the_claims(write, case, truth):
    rows = truth(right_effusion=Change.RESOLVED, tube=None)
    page = write([replace(case, truth=rows, generated="Right pleural effusion has resolved.")])
    assert "absent, resolved" in page
    assert "said: nothing about endotracheal tube; truth: present" in page


def test_the_page_says_what_is_known_of_the_model_and_in_which_mode_it_wrote(write):
    page = write(provenance={"notice": NOTICE, "preset": "tiny", "mode": "int8"})
    assert "Reports written in mode" in page
    assert "int8" in page
