"""The 14 labels of CheXpert, as MIMIC-CXR and others name their columns. Knows names only."""

from priorrg.language.label_grammar import OBSERVATIONS as CHEXPERT_LABELS

__all__ = ["CHEXPERT_LABELS"]
