"""Is a sentence right?"""

import pytest

from priorrg.language.claims import claims_by_sentence
from priorrg.language.observations import Change, Observation, Side
from priorrg.metrics.sentence_truth import is_right, known_of_report, known_of_truth
from priorrg.truth import TruthRow

EFFUSION, EDEMA, NODULE = Observation.EFFUSION, Observation.EDEMA, Observation.NODULE
TRUTH = known_of_truth(
    [
        TruthRow(study_id="1", observation=EFFUSION, side=Side.LEFT, present=True, change=Change.LARGER),
        TruthRow(study_id="1", observation=EFFUSION, side=Side.RIGHT),
        TruthRow(study_id="1", observation=EDEMA, present=True, change=Change.UNCHANGED),
        TruthRow(study_id="1", observation=NODULE, side=Side.RIGHT, change=Change.RESOLVED),
    ]
)
REPORT = known_of_report(
    "The left pleural effusion has increased. Stable pulmonary edema. The right nodule has resolved."
)


@pytest.mark.parametrize("known", [TRUTH, REPORT], ids=["truth", "report"])
@pytest.mark.parametrize(
    ("sentence", "right"),
    [
        ("There is a left pleural effusion.", True),
        ("The left pleural effusion is larger.", True),
        ("The left pleural effusion is unchanged.", False),
        ("There is a right pleural effusion.", False),
        ("There are bilateral pleural effusions.", False),
        ("There is a pleural effusion.", True),
        ("There is no pleural effusion.", False),
        ("There is no right pleural effusion.", True),
        ("There is no pneumothorax.", True),
        ("Possible pulmonary edema.", True),
        ("Pulmonary edema is unchanged.", True),
        ("The right lung nodule has resolved.", True),
        ("The left lung nodule has resolved.", False),
        ("There is a left pleural effusion and a right pneumothorax.", False),
        ("There is a left pleural effusion and pulmonary edema.", True),
        ("The study is limited by rotation.", None),
    ],
)
def test_a_sentence_is_right_if_all_its_claims_are(known, sentence, right):
    ((_, claims),) = claims_by_sentence(sentence)
    assert is_right(claims, known) is right
