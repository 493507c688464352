"""Generated reports and references belong together one by one. Knows how many there are, not what they say."""

from collections.abc import Sequence

from priorrg.errors import DataError


def check_pairs(score: str, generated: Sequence[str], references: Sequence[str]) -> None:
    """Raise ``DataError``, naming the score, unless there are as many of both."""
    if len(generated) != len(references):
        raise DataError(
            f"{score}: got {len(generated)} reports and {len(references)} references; expected pairs"
        )
