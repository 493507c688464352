"""Two systems on the same reports."""

from dataclasses import replace

import pytest

from priorrg.errors import DataError
from priorrg.metrics.comparison import compare
from priorrg.metrics.material import Material
from priorrg.metrics.score import measure

REFERENCE = "The left effusion has increased. The heart is normal in size."
WORSE = "The lungs are clear today and nothing else is seen."


def system(texts, ids=None, patients=None):
    names = ids or [str(number) for number in range(len(texts))]
    return Material(
        ids=names,
        generated=texts,
        references=[REFERENCE] * len(texts),
        patients=patients or names,
    )


def by_name(comparison):
    return {difference.name: difference for difference in comparison.differences}


def test_a_lead_in_every_report_is_real_and_said_in_words():
    found = by_name(compare(system([REFERENCE] * 30), system([WORSE] * 30), ["rouge_l"]))["rouge_l"]
    assert found.real
    assert found.words.startswith("ROUGE-L is higher by")
    assert found.words.endswith("after Holm): real")
    assert (found.low, found.high) == pytest.approx((found.difference, found.difference))


def test_a_lead_in_reports_of_one_patient_is_no_lead():
    patients = ["p"] * 30
    one, other = (system([text] * 30, patients=patients) for text in (REFERENCE, WORSE))
    found = by_name(compare(one, other, ["rouge_l"]))["rouge_l"]
    assert not found.real
    assert "no difference shown" in found.words


def test_more_scores_make_each_harder_to_prove():
    one, other = system([REFERENCE] * 30), system([WORSE] * 30)
    alone = by_name(compare(one, other, ["rouge_l"]))["rouge_l"]
    among = by_name(compare(one, other, ["rouge_l", "tem", "prior_mention"]))["rouge_l"]
    assert among.p == alone.p
    assert among.corrected == pytest.approx(3 * alone.p)


def test_reports_are_paired_by_id_and_those_of_one_system_alone_are_counted():
    one = system([REFERENCE, WORSE, WORSE], ids=["a", "b", "c"])
    other = system([WORSE, REFERENCE], ids=["d", "a"])
    comparison = compare(one, other, ["rouge_l"])
    assert (comparison.pairs, comparison.alone) == (1, (2, 1))
    assert by_name(comparison)["rouge_l"].difference == 0


def test_what_was_measured_before_is_not_measured_otherwise():
    one, other = system([REFERENCE, WORSE] * 5), system([WORSE] * 10)
    anew = compare(one, other, ["rouge_l", "lcc"])
    known = compare(one, other, ["rouge_l", "lcc"], measured=measure(one, ["rouge_l", "lcc"]))
    assert known == anew


def test_references_that_differ_are_said():
    one, other = system([WORSE] * 2), system([WORSE] * 2)
    other = Material(ids=other.ids, generated=other.generated, references=[REFERENCE, "Clear."])
    assert "1 references differ" in compare(one, other, ["rouge_l"]).notices[0]


def test_systems_without_a_common_report_are_refused():
    with pytest.raises(DataError, match="none of its 1 ids"):
        compare(system([WORSE], ids=["a"]), system([WORSE], ids=["b"]))


def test_what_only_the_baseline_knows_of_priors_is_left_aside():
    one = system([REFERENCE, WORSE])
    other = replace(system([WORSE, WORSE]), given_prior=[True, False])
    found = by_name(compare(one, other))
    assert "hallucinated_prior_by_reference" in found
    assert "hallucinated_prior" not in found
