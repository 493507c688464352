"""How findings and devices move."""

from collections import defaultdict
from itertools import pairwise

import numpy as np
import pytest

from priorrg.data.phantom.changes import (
    change_of,
    device_changes,
    finding_changes,
    has_moved,
    visible,
)
from priorrg.data.phantom.course import MOST_FINDINGS, PREVALENCE, sample_course
from priorrg.data.phantom.scene import DRIFT, VISIBLE_MINIMUM, Device, Finding, Scene
from priorrg.language.observations import DEVICES, Change, Observation, Side


def courses(count: int, studies: int = 5) -> list[list[Scene]]:
    rng = np.random.default_rng(5)
    return [sample_course(rng, [True] * studies) for _ in range(count)]


def effusion(severity: float) -> Scene:
    found = Finding(observation=Observation.EFFUSION, side=Side.LEFT, severity=severity, shape_seed=1)
    return Scene(findings=(found,))


@pytest.mark.parametrize(
    ("before", "now", "change"),
    [
        (0.0, 0.5, Change.NEW),
        (0.5, 0.0, Change.RESOLVED),
        (0.5, 0.65, Change.LARGER),
        (0.5, 0.35, Change.SMALLER),
        (0.5, 0.515, Change.UNCHANGED),
        (0.0, 0.0, None),
    ],
)
def test_change_follows_from_two_severities(before: float, now: float, change: Change | None) -> None:
    assert change_of(before, now) is change


def test_what_is_too_faint_to_see_counts_as_absent() -> None:
    faint, clear = effusion(VISIBLE_MINIMUM / 2), effusion(0.5)

    assert visible(faint) == {}
    assert finding_changes(faint, clear) == {(Observation.EFFUSION, Side.LEFT): Change.NEW}


def test_a_moved_device_is_neither_new_nor_unchanged() -> None:
    high = Device(observation=Observation.ENDOTRACHEAL_TUBE, tip=0.3)
    low = Device(observation=Observation.ENDOTRACHEAL_TUBE, tip=0.7)

    assert has_moved(high, low)
    assert device_changes(Scene(devices=(high,)), Scene(devices=(low,))) == {high.observation: None}
    assert device_changes(Scene(devices=(high,)), Scene()) == {high.observation: Change.RESOLVED}
    assert device_changes(Scene(), Scene(devices=(high,))) == {high.observation: Change.NEW}


def test_severity_stays_between_the_visible_minimum_and_one() -> None:
    severities = [f.severity for course in courses(800, 6) for scene in course for f in scene.findings]

    assert min(severities) > VISIBLE_MINIMUM
    assert max(severities) <= 1.0


def test_no_film_shows_more_than_a_report_can_hold() -> None:
    assert max(len(scene.findings) for course in courses(800) for scene in course) <= MOST_FINDINGS


def test_consolidation_and_atelectasis_of_one_side_never_share_a_zone() -> None:
    for course in courses(400):
        for scene in course:
            found = visible(scene)
            for side in (Side.LEFT, Side.RIGHT):
                pair = [
                    found.get((o, side)) for o in (Observation.CONSOLIDATION, Observation.ATELECTASIS)
                ]
                if all(pair):
                    assert pair[0].zone is not pair[1].zone


def test_a_lesion_stays_itself_while_it_is_there() -> None:
    for course in courses(200):
        for before, now in pairwise(course):
            old, new = visible(before), visible(now)
            for slot in old.keys() & new.keys():
                assert old[slot].shape_seed == new[slot].shape_seed
                assert old[slot].zone is new[slot].zone


def test_drift_never_adds_up() -> None:
    for course in courses(300, 6):
        levels: dict[int, list[float]] = defaultdict(list)
        for scene in course:
            for finding in scene.findings:
                levels[finding.shape_seed].append(finding.severity)
        for severities in levels.values():
            steps = np.abs(np.subtract.outer(severities, severities))
            assert np.all((steps <= DRIFT) | (steps >= 0.12))


def test_prevalence_is_as_stated() -> None:
    scenes = [scene for course in courses(2500, 4) for scene in course]
    seen = [o for scene in scenes for o in [f.observation for f in scene.findings]]
    placed = [d.observation for scene in scenes for d in scene.devices]

    for observation, share in PREVALENCE.items():
        sides = 1 if observation in (Observation.EDEMA, Observation.CARDIOMEGALY, *DEVICES) else 2
        found = (seen + placed).count(observation) / sides / len(scenes)
        assert found == pytest.approx(share, rel=0.15), observation


def test_a_study_off_the_chain_leaves_its_neighbours_one_step_apart() -> None:
    rng = np.random.default_rng(6)
    steps = []
    for _ in range(400):
        first, _, last = sample_course(rng, [True, False, True])
        before, now = visible(first), visible(last)
        steps += [abs(now[slot].severity - before[slot].severity) for slot in before.keys() & now.keys()]

    assert max(steps) < 0.2


def test_the_same_seed_gives_the_same_course() -> None:
    one, two = (sample_course(np.random.default_rng(3), [True, True, False]) for _ in range(2))

    assert one == two
