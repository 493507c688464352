"""What differs between two scenes: the only source of every statement of change.

Knows two scenes and nothing of how they came about, of dates or of words.
"""

from collections.abc import Mapping

from priorrg.data.phantom.scene import VISIBLE_MINIMUM, Device, Finding, Scene
from priorrg.language.observations import (
    FINDINGS,
    LATERAL_OBSERVATIONS,
    Change,
    Observation,
    Side,
)

Slot = tuple[Observation, Side]
"""A finding's seat: its observation and its side."""

SLOTS: tuple[Slot, ...] = tuple(
    (observation, side)
    for observation in FINDINGS
    for side in ((Side.LEFT, Side.RIGHT) if observation in LATERAL_OBSERVATIONS else (Side.NONE,))
)
MOVED = 0.06
"""Smallest difference of severity that counts as larger or smaller; no pair of a course lies near it."""
TIP_MOVED = 0.15
"""Smallest difference of a device's tip that counts as moved."""


def visible(scene: Scene) -> dict[Slot, Finding]:
    """Return the findings of a scene that can be seen, by slot."""
    return {
        (finding.observation, finding.side): finding
        for finding in scene.findings
        if finding.severity >= VISIBLE_MINIMUM
    }


def change_of(before: float, now: float) -> Change | None:
    """Return how a severity changed; None if it was and is invisible."""
    was, is_ = before >= VISIBLE_MINIMUM, now >= VISIBLE_MINIMUM
    if not was and not is_:
        return None
    if not was:
        return Change.NEW
    if not is_:
        return Change.RESOLVED
    if abs(now - before) < MOVED:
        return Change.UNCHANGED
    return Change.LARGER if now > before else Change.SMALLER


def finding_changes(prior: Scene, current: Scene) -> dict[Slot, Change]:
    """Return the change of every finding that is visible in either scene."""
    was, is_ = visible(prior), visible(current)
    changes = {slot: change_of(_severity(was, slot), _severity(is_, slot)) for slot in SLOTS}
    return {slot: change for slot, change in changes.items() if change is not None}


def device_changes(prior: Scene, current: Scene) -> dict[Observation, Change | None]:
    """Return the change of every device in either scene; None for one whose tip has moved."""
    was = {device.observation: device for device in prior.devices}
    is_ = {device.observation: device for device in current.devices}
    changes: dict[Observation, Change | None] = {}
    for observation in {**was, **is_}:
        if observation not in is_:
            changes[observation] = Change.RESOLVED
        elif observation not in was:
            changes[observation] = Change.NEW
        else:
            moved = has_moved(was[observation], is_[observation])
            changes[observation] = None if moved else Change.UNCHANGED
    return changes


def has_moved(before: Device, now: Device) -> bool:
    """Return whether a device's tip lies clearly elsewhere than before."""
    return abs(now.tip - before.tip) > TIP_MOVED


def _severity(found: Mapping[Slot, Finding], slot: Slot) -> float:
    return found[slot].severity if slot in found else 0.0
