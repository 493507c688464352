"""The forms in which the Indiana collection is to be had."""

from enum import StrEnum


class Form(StrEnum):
    """Open-i's XML, the Kaggle pair of CSV files, or the community's ``annotation.json``."""

    XML = "xml"
    KAGGLE = "kaggle"
    COMMUNITY = "community"
