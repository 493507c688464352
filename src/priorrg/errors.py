"""Everything that can go wrong for a user, as one tree.

::

    PriorRGError
    ├── UsageError            wrong use: bad flag, missing folder, run of another preset   (exit 2)
    │   ├── SettingsError     a preset or a --set names something that does not exist
    │   └── MissingExtraError an optional dependency is needed and absent
    ├── DataError             a data set, manifest or report file is not what it should be (exit 1)
    │   └── ImageError        one image cannot be read or is not a chest radiograph
    ├── WeightsError          a model folder or checkpoint does not fit                    (exit 1)
    ├── TrainingError         training cannot go on                                        (exit 1)
    ├── StorageError          the disk refuses: full, read-only, not permitted             (exit 1)
    └── TargetMissedError     a demonstration or benchmark fell short of its promise       (exit 1)

Every message is one line: what, where, got, expected, what to do next.
"""


class PriorRGError(Exception):
    """Root of all errors that are meant for the user's eyes."""

    exit_code = 1


class UsageError(PriorRGError):
    """The command or call was used wrongly."""

    exit_code = 2


class SettingsError(UsageError):
    """A setting is unknown or has an impossible value; the message gives its path."""


class MissingExtraError(UsageError):
    """An optional dependency is needed; the message gives the install command."""


class DataError(PriorRGError):
    """A data set, manifest, table or report is not what it should be."""


class ImageError(DataError):
    """One image file cannot be used; the message says why."""


class WeightsError(PriorRGError):
    """Weights, tokenizer or configuration of a model do not fit together."""


class TrainingError(PriorRGError):
    """Training cannot go on: its loss is no longer a number."""


class StorageError(PriorRGError):
    """The file system refuses to read or write."""


class TargetMissedError(PriorRGError):
    """A demonstration ran to its end and did not reach what it promises."""
