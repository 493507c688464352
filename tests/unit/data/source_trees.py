"""One small tree of made-up content for every data set that can be prepared, in exactly its form."""

from collections.abc import Callable, Mapping
from pathlib import Path

from chexpert_tree import write_chexpert_tree
from films import FOREIGN, shuffled
from indiana_tree import write_community_form, write_kaggle_form, write_xml_form
from mimic_tree import REPORT, Film, two_visits, write_tree
from own_tree import write_own_tree
from padchest_tree import write_padchest_tree
from released_tree import write_released_tree
from rexgradient_tree import write_rexgradient_tree


def write_mimic_tree(root: Path, seed: int | None = None) -> None:
    foreign = REPORT.replace("Lungs of", f"{FOREIGN} Lungs of")
    films = [
        *two_visits(),
        Film(patient="10000099", study="60000001", image="ee", split="test", report=foreign),
        Film(patient="10000099", study="60000002", image="ff", split="test", view="AP"),
    ]
    write_tree(root, shuffled(films, seed))


TREES: Mapping[str, Callable[[Path, int | None], None]] = {
    "mimic-cxr": write_mimic_tree,
    "released": write_released_tree,
    "iu-xray (XML)": write_xml_form,
    "iu-xray (Kaggle)": write_kaggle_form,
    "iu-xray (community split)": write_community_form,
    "chexpert-plus": write_chexpert_tree,
    "rexgradient": write_rexgradient_tree,
    "padchest-gr": write_padchest_tree,
    "own": write_own_tree,
}
"""Name of the data set, and its form if it has several → what writes its tree into a folder, its rows in
an order drawn by a seed."""
