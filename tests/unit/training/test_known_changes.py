"""Pairs whose change is known without a report teach that change and nothing else."""

import numpy as np
import pytest
import torch

from priorrg.batching import CHANGE_CLASSES, auxiliary_targets
from priorrg.language.observations import SLOTS, Change, Observation, Side
from priorrg.model.inputs import StudyBatch
from priorrg.stage_settings import AuxiliarySettings
from priorrg.study import Radiograph, Report, Study
from priorrg.training.known_changes import NOT_ASKED, Known, known_pairs, teach_change_alone

EFFUSION = SLOTS.index((Observation.EFFUSION, Side.LEFT))
HEART = SLOTS.index((Observation.CARDIOMEGALY, Side.NONE))
ALWAYS = AuxiliarySettings(self_pairs=1.0, exchanged_pairs=1.0)


def study(findings: str, *, with_prior: bool = True) -> Study:
    return Study(
        study_id="s1",
        patient_id="p1",
        current=Radiograph(image_id="now", view="PA"),
        prior=Radiograph(image_id="before", view="AP") if with_prior else None,
        report=Report(findings=findings),
    )


def taught(findings: str, known: Known) -> StudyBatch:
    """The targets of one study and one known pair made of it."""
    texts = [findings, findings]
    observations, changes = auxiliary_targets(texts, [True, True])
    batch = StudyBatch(
        current=torch.zeros(2, 1, 4, 4),
        prior=torch.zeros(2, 1, 4, 4),
        has_prior=torch.tensor([True, True]),
        current_view=torch.zeros(2, dtype=torch.long),
        prior_view=torch.zeros(2, dtype=torch.long),
        context_ids=torch.zeros(2, 1, dtype=torch.long),
        context_mask=torch.ones(2, 1, dtype=torch.bool),
        target_ids=torch.zeros(2, 3, dtype=torch.long),
        target_mask=torch.ones(2, 3, dtype=torch.bool),
        observation_targets=observations,
        change_targets=changes,
    )
    return teach_change_alone(batch, [known])


def test_each_study_gives_a_pair_with_itself_and_one_with_time_running_backwards():
    pairs = known_pairs([study("Clear.")], ALWAYS, np.random.default_rng(0))
    seen = [(s.current.image_id, s.prior and s.prior.image_id, known) for s, known in pairs]
    assert seen == [("now", "now", Known.ITSELF), ("before", "now", Known.EXCHANGED)]


def test_a_study_without_a_prior_has_nothing_to_exchange():
    pairs = known_pairs([study("Clear.", with_prior=False)], ALWAYS, np.random.default_rng(0))
    assert [known for _, known in pairs] == [Known.ITSELF]


def test_none_are_made_where_none_are_asked_for():
    assert known_pairs([study("Clear.")], AuxiliarySettings(), np.random.default_rng(0)) == []


@pytest.mark.parametrize(
    ("said", "backwards"),
    [
        ("There is a new left pleural effusion.", Change.RESOLVED),
        ("The left pleural effusion has resolved.", Change.NEW),
        ("The left pleural effusion has increased.", Change.SMALLER),
        ("The left pleural effusion has decreased.", Change.LARGER),
        ("The left pleural effusion is unchanged.", Change.UNCHANGED),
        ("There is a left pleural effusion.", None),
    ],
)
def test_time_running_backwards_turns_each_change_round(said, backwards):
    batch = taught(said, Known.EXCHANGED)
    assert CHANGE_CLASSES[batch.change_targets[1, EFFUSION]] == backwards
    assert CHANGE_CLASSES[batch.change_targets[1, HEART]] is None


@pytest.mark.parametrize(
    ("said", "beside_itself"),
    [
        ("There is a new left pleural effusion.", Change.UNCHANGED),
        ("There may be a left pleural effusion.", Change.UNCHANGED),
        ("The left pleural effusion has resolved.", None),
        ("There is no left pleural effusion.", None),
    ],
)
def test_what_is_there_is_unchanged_beside_itself(said, beside_itself):
    batch = taught(said, Known.ITSELF)
    assert CHANGE_CLASSES[batch.change_targets[1, EFFUSION]] == beside_itself


@pytest.mark.parametrize("known", Known)
def test_nobody_wrote_a_report_of_a_known_pair_and_the_study_itself_stays_as_it_was(known):
    said = "There is a new left pleural effusion."
    batch = taught(said, known)
    assert batch.target_mask.tolist() == [[True] * 3, [False] * 3]
    assert (batch.observation_targets[1] == NOT_ASKED).all()
    observations, changes = auxiliary_targets([said], [True])
    assert torch.equal(batch.observation_targets[:1], observations)
    assert torch.equal(batch.change_targets[:1], changes)
