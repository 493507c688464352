"""What a report has to say: which findings together, how sure, with which change.

Decides from two scenes and coins; the words come later. Size adjectives are settled here, so that
FINDINGS and IMPRESSION agree.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from priorrg.data.phantom.chance import happens, pick
from priorrg.data.phantom.changes import Slot, finding_changes, visible
from priorrg.data.phantom.nouns import size_word
from priorrg.data.phantom.scene import Finding, Scene
from priorrg.language.observations import Change, Observation, Polarity, Side

HEDGED = 0.12
"""Share of positive statements that are hedged."""
MERGED = 0.7
"""Share of two-sided findings of one change that are told in one sentence."""
JOINED = 0.1
"""Share of findings that share a sentence with another one of the same side and change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One sentence to come. ``findings`` are one; or left and right of one observation; or two
    observations of one side (``joined``). ``change`` is None without a prior."""

    findings: tuple[Finding, ...]
    sizes: tuple[str, ...]
    change: Change | None
    hedged: bool = False
    joined: bool = False

    @property
    def observations(self) -> frozenset[Observation]:
        return frozenset(finding.observation for finding in self.findings)

    @property
    def polarity(self) -> Polarity:
        if self.change is Change.RESOLVED:
            return Polarity.ABSENT
        return Polarity.UNCERTAIN if self.hedged else Polarity.PRESENT

    @property
    def severity(self) -> float:
        return max(finding.severity for finding in self.findings)


def plan(rng: np.random.Generator, current: Scene, prior: Scene | None) -> list[Statement]:
    """Return a statement for every visible finding and, with a prior, for every resolved one."""
    told = visible(current)
    changes: Mapping[Slot, Change | None] = dict.fromkeys(told)
    if prior is not None:
        changes = finding_changes(prior, current)
        told = {slot: told.get(slot) or visible(prior)[slot] for slot in changes}
    statements: list[Statement] = []
    for slot, finding in told.items():
        observation, side = slot
        other = (observation, Side.RIGHT)
        if side is Side.LEFT and changes.get(other, "silent") == changes[slot] and happens(rng, MERGED):
            statements.append(_state(rng, (finding, told[other]), changes[slot]))
        elif not any(finding in made.findings for made in statements):
            statements.append(_state(rng, (finding,), changes[slot]))
    return _join(rng, statements)


def _state(rng: np.random.Generator, findings: tuple[Finding, ...], change: Change | None) -> Statement:
    if change is Change.RESOLVED:
        return Statement(findings=findings, sizes=("",) * len(findings), change=change)
    sizes = tuple(size_word(rng, finding) for finding in findings)
    return Statement(findings=findings, sizes=sizes, change=change, hedged=happens(rng, HEDGED))


def _join(rng: np.random.Generator, statements: list[Statement]) -> list[Statement]:
    result: list[Statement] = []
    for statement in statements:
        partners = [made for made in result if _may_join(made, statement)]
        if partners and happens(rng, 3 * JOINED):  # few have a partner
            partner = pick(rng, partners)
            result[result.index(partner)] = Statement(
                findings=partner.findings + statement.findings,
                sizes=partner.sizes + statement.sizes,
                change=statement.change,
                joined=True,
            )
        else:
            result.append(statement)
    return result


def _may_join(one: Statement, other: Statement) -> bool:
    if one.change != other.change or one.hedged or other.hedged:
        return False
    return all(len(s.findings) == 1 for s in (one, other)) and (
        one.findings[0].side is other.findings[0].side is not Side.NONE
    )
