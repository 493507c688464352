"""What a row promises is compared with what was measured."""

import math

import pytest

from priorrg.phantom_trial import promise


@pytest.mark.parametrize(
    ("relation", "got", "met"),
    [
        (">=", 0.5, True),
        (">=", 0.49, False),
        (">", 0.5, False),
        ("<=", 0.5, True),
        ("<=", 0.51, False),
        ("<", 0.5, False),
        ("<", 0.49, True),
        (">=", math.nan, False),
        ("<=", math.nan, False),
        ("<=", None, False),
    ],
)
def test_a_promise_is_kept_or_not(relation, got, met):
    made = promise("full", "change_f1", relation, 0.5, got)
    assert made["met"] is met
    assert made["row"] == "full"
