"""MIMIC-ABN from the authors' annotation → a prepared data set, priors as it gives them.

Ni et al., "Learning visual-semantic embeddings for reporting abnormal findings on chest X-rays", Findings of
EMNLP 2020: MIMIC-CXR reports cut down to their abnormal sentences. The original lists are no longer to be had;
the re-derived test set has 844 images of 378 studies. Its annotation has the form that ``released`` reads.
"""

from pathlib import Path

from priorrg.data import released
from priorrg.data.manifest import PreparedData
from priorrg.data.preparing import Progress

READER = "mimic-abn"


def prepare(
    root: str | Path,
    out: str | Path,
    *,
    annotation: str | Path | None = None,
    with_images: bool = True,
    progress: Progress | None = None,
) -> PreparedData:
    """Read the annotation of MIMIC-ABN, find its images under ``root``, write ``out``: see ``released``."""
    return released.prepare(
        root,
        out,
        annotation=annotation,
        reader=READER,
        with_images=with_images,
        progress=progress,
    )
