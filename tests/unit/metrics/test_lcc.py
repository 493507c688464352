"""Concordance of changes."""

import numpy as np
import pytest
from change_tables import rows

from priorrg.language.observations import Change
from priorrg.metrics.lcc import lcc, matched, stated_changes

TABLE = rows("lcc_before_rules") + rows("lcc_after_rules")
NEW, LARGER, SMALLER, SAME, GONE = Change


@pytest.mark.parametrize(("reference", "generated", "expected"), TABLE)
def test_changes_of_the_reference_are_matched_as_by_hand(reference, generated, expected):
    pairs = matched(stated_changes(generated), stated_changes(reference))
    found = sorted(f"{true}>{said or 'none'}" for true, said in pairs)
    assert found == sorted(one.strip() for one in expected.split(";") if one.strip())


def test_the_table_is_as_large_as_it_is_meant_to_be():
    assert len(TABLE) >= 60


def test_the_scores_are_those_of_the_matches_counted_by_another_library():
    metrics = pytest.importorskip("sklearn.metrics")
    references, generated, _ = zip(*TABLE, strict=True)
    pairs = [
        pair
        for text, true in zip(generated, references, strict=True)
        for pair in matched(stated_changes(text), stated_changes(true))
    ]
    true = [str(one) for one, _ in pairs]
    said = [str(one) if one else "none" for _, one in pairs]
    coarse = {"new": "larger", "resolved": "smaller"}
    fine_f1 = metrics.f1_score(true, said, labels=[str(c) for c in Change], average="macro")
    coarse_f1 = metrics.f1_score(
        [coarse.get(one, one) for one in true],
        [coarse.get(one, one) for one in said],
        labels=["larger", "smaller", "unchanged"],
        average="macro",
    )
    tallies = lcc(generated, references)
    assert tallies.names == ("lcc_fine", "lcc_coarse", "lcc_omission")
    assert tallies.scores == pytest.approx([fine_f1, coarse_f1, said.count("none") / len(said)])


def test_the_exact_label_is_taken_before_the_direction_and_the_direction_before_the_rest():
    true = [("effusion", NEW), ("effusion", LARGER)]
    assert matched([("effusion", LARGER)], true) == [(NEW, None), (LARGER, LARGER)]
    assert matched([("effusion", SAME), ("effusion", LARGER)], true) == [(NEW, SAME), (LARGER, LARGER)]
    assert matched([("effusion", GONE), ("effusion", SMALLER)], [("effusion", GONE)]) == [(GONE, GONE)]
    assert matched([("edema", NEW)], true) == [(NEW, None), (LARGER, None)]


def test_a_perfect_report_has_full_concordance_over_the_labels_there_are():
    text = "New left effusion. Edema has improved. Stable cardiomegaly."
    assert lcc([text], [text]).scores == pytest.approx([1.0, 1.0, 0.0])


def test_without_a_change_in_the_reference_there_is_no_score():
    assert np.isnan(lcc(["New effusion."], ["Normal chest."]).scores).all()
