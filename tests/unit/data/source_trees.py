"""One small tree of made-up content for every data set that can be prepared, in exactly its form."""

from collections.abc import Callable, Mapping
from dataclasses import replace
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


def write_abnormal_tree(root: Path, seed: int | None = None) -> None:
    effusion = REPORT.replace("Lungs of {} clear.", f"Left effusion. No edema. {FOREIGN}")
    films = [replace(film, report=effusion) for film in two_visits()]
    clear = Film(patient="10000099", study="60000001", image="ee", split="test", date="21800101")
    now = Film(patient="10000099", study="60000002", image="ff", split="test", report=effusion)
    gone = Film(patient="10000098", study="60000003", image="gg", split="test")
    write_tree(root, shuffled([*films, clear, now, gone], seed))


TREES: Mapping[str, Callable[[Path, int | None], None]] = {
    "mimic-cxr": write_mimic_tree,
    "released": write_released_tree,
    "mimic-abn": write_released_tree,
    "mimic-abn-derived": write_abnormal_tree,
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
