"""The table of metrics: what it takes, what it skips, what it refuses."""

import math
from dataclasses import replace

import pytest

from priorrg.errors import DataError, UsageError
from priorrg.language.observations import Observation, Side
from priorrg.metrics import score
from priorrg.metrics.estimates import Plain, estimates
from priorrg.metrics.material import Material, first_words, read_training
from priorrg.metrics.metric import Cut, Metric, Options, label
from priorrg.metrics.score import METRICS, measure
from priorrg.metrics.tallies import Tallies
from priorrg.truth import TruthRow

EVERYTHING = Material(
    ids=["s", "t"],
    generated=["Left effusion. The heart is normal.", "Stable edema."],
    references=["Left effusion, increased. Normal heart.", "No edema."],
    patients=["p", "q"],
    given_prior=[True, False],
    indications=["Effusion?", ""],
)


def scores(material, names=None, options=None):
    measured = measure(material, names, options)
    results = [m.result for m in measured if m.result is not None]
    found = estimates(results, material.patient_numbers, resamples=20)
    return {name: estimate for each in found for name, estimate in each.items()}


def test_what_lacks_its_material_is_skipped_with_the_reason():
    found = {m.metric.name: m for m in measure(Material(ids=["a"], generated=["No effusion."]))}
    assert found["bleu"].skipped.startswith("no references")
    assert found["phantom_truth"].skipped.startswith("no phantom truth")
    assert found["sanity"].result.values["reports"] == 1


def test_what_is_asked_for_by_name_and_lacks_its_material_is_an_error():
    with pytest.raises(DataError, match="metric bleu: no references"):
        measure(Material(ids=["a"], generated=["x"]), ["bleu"])


def test_metrics_can_be_asked_for_by_name_and_unknown_ones_are_refused():
    assert [m.metric.name for m in measure(EVERYTHING, ["rouge_l"])] == ["rouge_l"]
    with pytest.raises(UsageError, match="'charm' is unknown; expected some of bleu"):
        measure(EVERYTHING, ["charm"])
    assert len({m.name for m in METRICS}) == len(METRICS)


def test_no_two_scores_share_a_name_and_all_that_is_shown_is_there():
    truth = TruthRow(study_id="s", observation=Observation.EFFUSION, side=Side.LEFT, present=True)
    for material in (EVERYTHING, EVERYTHING.of([0])):
        for known in (None, {"s": (truth,), "t": (truth,)}):
            of = Material(**{n: getattr(material, n) for n in material.__slots__} | {"truth": known})
            options = Options(lower=True, cut=Cut(said="3 words", shorten=lambda t: first_words(t, 3)))
            measured = measure(of, None, options)
            names = [name for m in measured if m.result is not None for name in m.result.how]
            assert len(names) == len(set(names))
            assert all(m.shown for m in measured if m.result is not None)


def test_variants_have_names_of_their_own_and_leave_the_score_itself_alone():
    material = Material(ids=["a"], generated=["THE HEART"], references=["the heart is large"])
    cut = Cut(said="2 words", shorten=lambda text: first_words(text, 2))
    found = scores(material, ["rouge_l"], Options(lower=True, cut=cut))
    assert found["rouge_l"].value == found["rouge_l_cut"].value == 0
    assert found["rouge_l_lower"].value > 0
    assert found["rouge_l_cut"].how.endswith("references cut to 2 words")
    lower = Material(ids=["a"], generated=["the heart"], references=["the heart is large"])
    assert scores(lower, ["rouge_l"], Options(cut=cut))["rouge_l_cut"].value == pytest.approx(1)


def test_a_prior_is_hallucinated_only_where_none_was_given_and_n_says_so():
    found = scores(EVERYTHING, ["hallucinated_prior"])["hallucinated_prior"]
    assert (found.value, found.n) == (1, 1)


def test_without_a_column_of_priors_the_references_stand_in():
    material = Material(ids=["a"], generated=["Stable edema."], references=["Edema."])
    names = {m.metric.name for m in measure(material)}
    assert "hallucinated_prior_by_reference" in names
    assert "hallucinated_prior_by_reference" not in {m.metric.name for m in measure(EVERYTHING)}


@pytest.mark.parametrize(
    ("generated", "reference"),
    [
        ("", "Effusion."),
        ("Effusion.", ""),
        ("", ""),
        ("a\nb", "a\r\nb"),
        ("No edema. " * 10_000, "edema"),
        ("edema " * 17_000, "edema"),
    ],
)
def test_one_pair_of_any_kind_neither_crashes_nor_flatters(generated, reference):
    material = Material(ids=["a"], generated=[generated], references=[reference])
    found = scores(material)
    assert found["reports"].value == 1
    if not generated or not reference:
        assert all(found[name].value < 1e-3 for name in ("bleu_1", "bleu_4", "rouge_l"))


def test_a_report_that_was_learned_by_heart_is_counted(tmp_path):
    path = tmp_path / "training.csv"
    path.write_text('reference\n"Left effusion.  The heart\nis normal."\n')
    found = scores(replace(EVERYTHING, training=read_training(path)), ["training_copies"])
    assert found["training_copies"].value == 0.5


def test_a_metric_whose_package_is_missing_is_skipped_unless_it_is_named(monkeypatch):
    from priorrg.errors import MissingExtraError

    def absent(material, options):
        raise MissingExtraError("needs a package; pip install it")

    row = Metric(name="far", says="", compute=absent)
    monkeypatch.setattr(score, "METRICS", (row,))
    assert measure(EVERYTHING)[0].skipped == "needs a package; pip install it"
    with pytest.raises(MissingExtraError):
        measure(EVERYTHING, ["far"])


def test_scores_that_are_no_sums_have_no_interval():
    result = measure(EVERYTHING, ["sanity"])[0].result
    assert isinstance(result, Plain)
    assert math.isnan(scores(EVERYTHING, ["sanity"])["distinct_reports"].low)


def test_the_truth_of_a_phantom_gives_scores_with_intervals():
    truth = {
        name: (
            TruthRow(study_id=name, observation=Observation.EFFUSION, side=Side.LEFT, present=present),
        )
        for name, present in (("s", True), ("t", False))
    }
    material = Material(ids=["s", "t"], generated=["Left effusion.", "Left effusion."], truth=truth)
    assert isinstance(measure(material, ["phantom_truth"])[0].result, Tallies)
    found = scores(material, ["phantom_truth"])["finding_f1"]
    assert found.value == pytest.approx(2 / 3)
    assert found.low < found.value < found.high


def test_names_are_written_as_people_write_them():
    assert label("bleu_4_cut") == "BLEU-4 (cut references)"
    assert label("rouge_l") == "ROUGE-L"
    assert label("rouge_l_f1") == "ROUGE-L F1"
    assert label("lcc_fine") == "LCC fine"
