"""Where the images of a source lie below its root; those that are not there are counted.

Knows paths; decodes no pixels.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path, PurePosixPath

from priorrg.data.preparing import Progress, SourceStudy

ENDINGS = (".png", ".jpg", ".jpeg", ".dcm")
_AT_ONCE = 4096


def below_root(path: str) -> str:
    """Return ``path`` in plain form. Raises ``ValueError`` if it is absolute or leaves the root."""
    place = PurePosixPath(path.replace("\\", "/"))
    if place.is_absolute() or ".." in place.parts or not place.name or place.parts[0].endswith(":"):
        raise ValueError(f"image path is {path!r}; expected one relative to the images' folder")
    return str(place)


def on_disk(
    paths: Iterable[str],
    candidates: Callable[[str], Iterable[str]],
    root: Path,
    progress: Progress | None = None,
) -> dict[str, str]:
    """Return for each path that is there where it lies below ``root``: the first candidate that is a file.

    Threads, because on network disks the wait is the work.
    """

    def place(path: str) -> str | None:
        return next((other for other in candidates(path) if (root / other).is_file()), None)

    wanted, found = sorted(set(paths)), dict[str, str]()
    with ThreadPoolExecutor(8) as pool:
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            places = zip(some, pool.map(place, some), strict=True)
            found |= {path: there for path, there in places if there is not None}
            if progress is not None:
                progress(start + len(some), len(wanted))
    return found


def by_name(root: Path, dropped: Counter[str]) -> dict[str, str]:
    """Return where each image file lies below ``root``, by its name.

    A name in two folders is taken where it lies least deep, then first by name, and counted.
    """
    places: dict[str, str] = {}
    for folder, _, names in os.walk(root):
        below = Path(folder).relative_to(root)
        for name in names:
            if not name.lower().endswith(ENDINGS):
                continue
            place = (below / name).as_posix()
            dropped["image_files_of_one_name"] += name in places
            rivals = (place, places.get(name, place))
            places[name] = min(rivals, key=lambda path: (path.count("/"), path))
    return places


def keep_found(studies: Sequence[SourceStudy], places: Mapping[str, str], dropped: Counter[str]) -> None:
    """Give every image the path at which it lies; leave out and count those that ``places`` lacks."""
    for study in studies:
        listed = len(study.images)
        study.images = [
            replace(image, path=places[image.path]) for image in study.images if image.path in places
        ]
        dropped["images_missing"] += listed - len(study.images)
        dropped["studies_without_any_image"] += not study.images
