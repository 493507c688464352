"""The pairs that scores are timed on."""

from benchmarks.report_pairs import report_pairs


def test_pairs_repeat_by_seed_and_belong_to_every_patient():
    first, again = report_pairs(60, 20), report_pairs(60, 20)
    assert first == again
    assert report_pairs(60, 20, seed=1)[0] != first[0]
    generated, references, patients = first
    assert len(generated) == len(references) == len(patients) == 60
    assert set(patients) == set(range(20))


def test_a_generated_report_says_part_of_its_reference_and_something_else():
    generated, references, _ = report_pairs(200, 20)
    said = [set(text.split(". ")) for text in generated]
    true = [set(text.split(". ")) for text in references]
    shared = sum(len(a & b) for a, b in zip(said, true, strict=True)) / sum(map(len, said))
    assert 0.25 < shared < 0.75
