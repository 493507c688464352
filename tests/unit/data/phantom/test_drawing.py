"""Synthetic radiographs show what their scene holds: where, on which side, and how much of it."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from priorrg.data.phantom.anatomy import Anatomy, sample_anatomy
from priorrg.data.phantom.drawing import Drawing, draw
from priorrg.data.phantom.pose import heart_ratio, pose_frontal
from priorrg.data.phantom.scene import Acquisition, Device, Finding, Scene, Zone
from priorrg.errors import UsageError
from priorrg.language.observations import DEVICES, FINDINGS, LATERAL_OBSERVATIONS, Observation, Side

SIZE = 128
SEVERITIES = (0.0, 0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 1.0)
PA = Acquisition(view="PA", noise_seed=5)
AP = Acquisition(view="AP", noise_seed=5)
LATERAL = Acquisition(view="LATERAL", noise_seed=5)


def _anatomy(seed: int = 1) -> Anatomy:
    return sample_anatomy(np.random.default_rng(seed))


def _side(observation: Observation, side: Side = Side.LEFT) -> Side:
    return side if observation in LATERAL_OBSERVATIONS else Side.NONE


def _with(
    observation: Observation, severity: float, side: Side = Side.LEFT, zone: Zone = Zone.MIDDLE
) -> Scene:
    zone = Zone.LOWER if observation is Observation.ATELECTASIS else zone
    finding = Finding(
        observation=observation,
        side=_side(observation, side),
        zone=zone,
        severity=severity,
        shape_seed=3,
    )
    return Scene(findings=(finding,))


def _change(before: Drawing, after: Drawing) -> NDArray[np.float64]:
    return np.abs(after.pixels.astype(np.float64) - before.pixels)


def _inside(change: NDArray[np.float64], box: tuple[int, int, int, int]) -> NDArray[np.float64]:
    x0, y0, x1, y1 = box
    return change[y0:y1, x0:x1]


def test_the_same_arguments_draw_the_same_film() -> None:
    scene = _with(Observation.CONSOLIDATION, 0.5)
    first, second = draw(_anatomy(), scene, PA, SIZE), draw(_anatomy(), scene, PA, SIZE)
    assert np.array_equal(first.pixels, second.pixels)
    assert first.boxes == second.boxes


def test_another_noise_seed_draws_another_film() -> None:
    other = replace(PA, noise_seed=6)
    assert not np.array_equal(
        draw(_anatomy(), Scene(), PA, SIZE).pixels, draw(_anatomy(), Scene(), other, SIZE).pixels
    )


@pytest.mark.parametrize("size", [128, 256])
@pytest.mark.parametrize("view", ["PA", "AP", "LATERAL"])
def test_films_are_grey_squares_with_black_air_and_bright_bone(view: str, size: int) -> None:
    film = draw(_anatomy(), Scene(), Acquisition(view=view), size)
    assert film.pixels.dtype == np.uint8
    assert film.pixels.shape == (size, size)
    assert film.pixels[0, 0] < 40
    assert 40 < film.pixels.mean() < 170
    assert film.pixels[round(0.9 * size), size // 2] > 150
    assert film.boxes == {}


def test_a_film_looks_the_same_at_both_sizes() -> None:
    scene = _with(Observation.EFFUSION, 0.5)
    large, small = draw(_anatomy(), scene, PA, 256), draw(_anatomy(), scene, PA, 128)
    halved = large.pixels.reshape(128, 2, 128, 2).mean(axis=(1, 3))
    assert np.abs(halved - small.pixels).mean() < 6
    key = (Observation.EFFUSION, Side.LEFT)
    assert np.abs(np.array(large.boxes[key]) / 2 - small.boxes[key]).max() <= 2


@pytest.mark.parametrize("view", ["PA", "AP"])
@pytest.mark.parametrize("observation", LATERAL_OBSERVATIONS)
@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
def test_a_left_finding_is_on_the_right_half_of_the_image(
    observation: Observation, side: Side, view: str
) -> None:
    acquisition = Acquisition(view=view, noise_seed=5)
    clear = draw(_anatomy(), Scene(), acquisition, SIZE)
    film = draw(_anatomy(), _with(observation, 0.5, side), acquisition, SIZE)
    change = _change(clear, film)
    halves = {Side.RIGHT: change[:, : SIZE // 2].sum(), Side.LEFT: change[:, SIZE // 2 :].sum()}
    other = Side.LEFT if side is Side.RIGHT else Side.RIGHT
    assert halves[side] > 1.5 * halves[other]
    x0, _, x1, _ = film.boxes[observation, side]
    assert ((x0 + x1) / 2 > SIZE / 2) is (side is Side.LEFT)


def test_fluid_brightens_the_base_and_free_air_darkens_the_apex() -> None:
    clear = draw(_anatomy(), Scene(), PA, SIZE).pixels.astype(np.float64)
    fluid = draw(_anatomy(), _with(Observation.EFFUSION, 0.4, Side.RIGHT), PA, SIZE)
    x0, y0, x1, y1 = fluid.boxes[Observation.EFFUSION, Side.RIGHT]
    assert (fluid.pixels - clear)[(y0 + y1) // 2 : y1, x0:x1].mean() > 5
    air = draw(_anatomy(), _with(Observation.PNEUMOTHORAX, 0.4, Side.RIGHT), PA, SIZE)
    x0, y0, x1, y1 = air.boxes[Observation.PNEUMOTHORAX, Side.RIGHT]
    beside_the_wall = (air.pixels - clear)[y0 : (y0 + y1) // 2, x0 : x0 + (x1 - x0) // 4]
    assert beside_the_wall.mean() < -2


@pytest.mark.parametrize("view", ["PA", "AP", "LATERAL"])
@pytest.mark.parametrize("observation", FINDINGS)
def test_a_larger_severity_changes_more_of_the_film(observation: Observation, view: str) -> None:
    acquisition = Acquisition(view=view, noise_seed=5)
    clear = draw(_anatomy(), Scene(), acquisition, SIZE)
    films = [draw(_anatomy(), _with(observation, s), acquisition, SIZE) for s in SEVERITIES]
    amounts = [float(_change(clear, film).mean()) for film in films]
    assert amounts == sorted(amounts)
    assert len(set(amounts)) == len(amounts)


@pytest.mark.parametrize("view", ["PA", "AP", "LATERAL"])
@pytest.mark.parametrize("observation", FINDINGS)
def test_nothing_is_drawn_below_the_visible_minimum(observation: Observation, view: str) -> None:
    acquisition = Acquisition(view=view, noise_seed=5)
    film = draw(_anatomy(), _with(observation, 0.099), acquisition, SIZE)
    assert np.array_equal(film.pixels, draw(_anatomy(), Scene(), acquisition, SIZE).pixels)
    assert film.boxes == {}


@pytest.mark.parametrize("view", ["PA", "AP"])
@pytest.mark.parametrize("observation", FINDINGS)
def test_a_finding_at_the_visible_minimum_stands_out_of_the_noise(
    observation: Observation, view: str
) -> None:
    for seed in range(4):
        anatomy, acquisition = _anatomy(seed), Acquisition(view=view, noise_seed=seed)
        clear = draw(anatomy, Scene(), acquisition, SIZE)
        film = draw(anatomy, _with(observation, 0.1), acquisition, SIZE)
        change = uniform_filter(_change(clear, film), 3)
        grey = clear.pixels.astype(np.float64)
        noise = float(np.median(np.abs(grey - uniform_filter(grey, 3))))
        assert _inside(change, film.boxes[observation, _side(observation)]).max() > max(3 * noise, 8)


@pytest.mark.parametrize("view", ["PA", "AP"])
@pytest.mark.parametrize("tip", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("observation", DEVICES)
def test_a_device_stands_out_within_its_box(observation: Observation, tip: float, view: str) -> None:
    acquisition = Acquisition(view=view, noise_seed=2)
    scene = Scene(devices=(Device(observation=observation, side=Side.LEFT, tip=tip, shape_seed=4),))
    clear, film = (draw(_anatomy(), s, acquisition, SIZE) for s in (Scene(), scene))
    change = _change(clear, film)
    inside = _inside(change, film.boxes[observation, Side.LEFT])
    assert uniform_filter(inside, 3).max() > 20
    assert inside.sum() > 0.7 * change.sum()


@pytest.mark.parametrize("severity", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("observation", FINDINGS)
def test_a_box_holds_most_of_what_its_finding_changes(observation: Observation, severity: float) -> None:
    share = 0.3 if observation is Observation.ATELECTASIS else 0.6
    for seed in range(3):
        clear = draw(_anatomy(seed), Scene(), PA, SIZE)
        film = draw(_anatomy(seed), _with(observation, severity), PA, SIZE)
        change = _change(clear, film)
        inside = _inside(change, film.boxes[observation, _side(observation)])
        assert inside.sum() > share * change.sum()


def test_boxes_lie_within_the_collimated_field() -> None:
    acquisition = replace(PA, collimation=(0.04, 0.03, 0.04, 0.02))
    scene = Scene(
        findings=tuple(_with(o, 0.9).findings[0] for o in FINDINGS),
        devices=tuple(Device(observation=o) for o in DEVICES),
    )
    film = draw(_anatomy(), scene, acquisition, SIZE)
    assert set(film.boxes) == {(o, _side(o)) for o in FINDINGS} | {(o, Side.NONE) for o in DEVICES}
    for x0, y0, x1, y1 in film.boxes.values():
        assert 5 <= x0 < x1 <= SIZE - 5
        assert 4 <= y0 < y1 <= SIZE - 3
    assert film.pixels[:, :5].max() == film.pixels[:4].max() == film.pixels[-3:].max() == 0


def test_collimation_takes_away_four_percent_at_most() -> None:
    film = draw(_anatomy(), Scene(), replace(PA, collimation=(0.5, 0.0, 0.0, 0.0)), SIZE)
    assert film.pixels[SIZE // 2 :, 5:20].max() > 0


def test_the_heart_is_larger_when_the_beam_comes_from_the_front() -> None:
    frontal = pose_frontal(_anatomy(), Scene(), PA)
    supine = pose_frontal(_anatomy(), Scene(), AP)
    ratio = (supine.heart_left + supine.heart_right) / (frontal.heart_left + frontal.heart_right)
    assert 1.12 <= ratio <= 1.15
    assert supine.lungs[Side.LEFT].base < frontal.lungs[Side.LEFT].base


def test_cardiomegaly_starts_above_every_normal_heart() -> None:
    anatomies = [_anatomy(seed) for seed in range(50)]
    assert max(heart_ratio(anatomy, 0.0) for anatomy in anatomies) < 0.49
    assert heart_ratio(anatomies[0], 0.1) == pytest.approx(0.53)
    assert heart_ratio(anatomies[0], 1.0) == pytest.approx(0.74)


def test_the_marker_depends_on_the_noise_seed_alone() -> None:
    scene = _with(Observation.NODULE, 1.0, Side.LEFT, Zone.LOWER)
    for seed in range(6):
        acquisition = Acquisition(view="PA", noise_seed=seed)
        clear, film = (draw(_anatomy(), s, acquisition, SIZE).pixels for s in (Scene(), scene))
        assert np.array_equal(clear[:14] > 250, film[:14] > 250)


def test_a_marker_stands_on_the_side_that_it_names() -> None:
    for seed in range(12):
        film = draw(_anatomy(), Scene(), Acquisition(view="PA", noise_seed=seed), SIZE).pixels
        lead = film[:16] > 250
        columns = np.flatnonzero(lead.any(axis=0))
        glyph = lead[np.flatnonzero(lead.any(axis=1))][:, columns[0] : columns[-1] + 1]
        is_left_letter = not bool(glyph[0, -2])
        assert bool(columns.mean() > SIZE / 2) is is_left_letter


def test_findings_and_devices_show_from_the_side_without_boxes() -> None:
    clear = draw(_anatomy(), Scene(), LATERAL, SIZE)
    scenes = [_with(o, 0.5) for o in FINDINGS]
    scenes += [Scene(devices=(Device(observation=o),)) for o in DEVICES]
    for scene in scenes:
        film = draw(_anatomy(), scene, LATERAL, SIZE)
        assert uniform_filter(_change(clear, film), 3).max() > 6, scene
        assert film.boxes == {}


def test_rotation_moves_the_heart_against_the_spine() -> None:
    straight = pose_frontal(_anatomy(), Scene(), PA)
    turned = pose_frontal(_anatomy(), Scene(), replace(PA, rotation=5.0))
    assert turned.shift - turned.spine_shift > straight.shift - straight.spine_shift + 0.005


def test_volume_loss_raises_the_diaphragm_and_pulls_the_mediastinum() -> None:
    clear = pose_frontal(_anatomy(), Scene(), PA)
    small, large = (
        pose_frontal(_anatomy(), _with(Observation.ATELECTASIS, s, Side.LEFT), PA) for s in (0.3, 0.8)
    )
    domes = [p.lungs[Side.LEFT].base - p.lungs[Side.LEFT].dome for p in (clear, small, large)]
    assert domes[0] > domes[1] > domes[2]
    assert clear.shift < small.shift < large.shift


def test_an_unknown_view_is_refused_in_one_line() -> None:
    with pytest.raises(UsageError, match=r"view is 'LL'; expected one of PA, AP, LATERAL"):
        draw(_anatomy(), Scene(), Acquisition(view="LL"), SIZE)


def test_a_film_too_small_to_show_anything_is_refused() -> None:
    with pytest.raises(UsageError, match="expected at least 32"):
        draw(_anatomy(), Scene(), PA, 16)
