"""Fit how sure a model's sentences are: it writes the validation split, and each sentence is judged.

Judged by the phantom's truth where the data have one, else by what the reference report says.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from priorrg.batching import Batcher, target_text
from priorrg.confidence import Calibration, Method, fit
from priorrg.data.manifest import PreparedData
from priorrg.data.store import ImageStore
from priorrg.errors import DataError
from priorrg.generation import seeing_once, write_reports
from priorrg.metrics.sentence_truth import Known, is_right, known_of_report, known_of_truth
from priorrg.model.device import pick_device
from priorrg.model.fingerprint import fingerprint
from priorrg.model.quick import in_mode
from priorrg.model_folder import ModelFolder
from priorrg.reading_back import SIGNALS, ReadSentence, read_back
from priorrg.settings import Mode
from priorrg.study import Study

SPLIT = "validate"
Progress = Callable[[int, int], None]


def calibrate(
    model: Path,
    data: Path,
    *,
    method: Method | None = None,
    device: str = "auto",
    mode: Mode | None = None,
    progress: Progress | None = None,
) -> Calibration:
    """Fit the confidence of a model on the validation split of ``data`` and write it into the model folder.

    ``method`` and ``mode`` (how it computes when it drafts) are the model's own settings if not given.
    Raises ``DataError`` where the split has too few sentences to learn from.
    """
    folder = ModelFolder.load(model, to_report=True)
    drafting = replace(folder, settings=folder.settings.drafting_in(mode))
    folder.network.to(pick_device(device))
    prepared = PreparedData(data)
    studies = prepared.studies(SPLIT, views=folder.settings.data.views)
    found = list(judged_sentences(drafting, prepared, studies, SPLIT, progress))
    calibration = fit(
        [signals for sentence, _ in found if (signals := sentence.signals) is not None],
        [right for _, right in found],
        method or folder.settings.confidence.method,
        SIGNALS,
        fitted_on=f"{prepared.name}, split {SPLIT}",
        judged_by="the reference reports" if prepared.truth is None else "the phantom's truth",
        network=fingerprint(folder.network),
        decoding=asdict(drafting.settings.generation),
    )
    replace(folder, calibration=calibration).save_calibration(model)
    return calibration


def judged_sentences(
    folder: ModelFolder,
    prepared: PreparedData,
    studies: Sequence[Study],
    split: str,
    progress: Progress | None = None,
) -> Iterator[tuple[ReadSentence, bool]]:
    """Yield the sentences that the model writes of ``studies`` and that claim something, right or not."""
    settings = folder.settings
    store = ImageStore.open(prepared, settings.image.size, settings.image.fit, splits={split})
    known = knowledge(prepared, settings.data.target)
    readable = store.readable(studies)
    facts = {s.current.image_id: found for s in readable if (found := known(s)) is not None}
    judged = [study for study in readable if study.current.image_id in facts]
    if not judged:
        raise DataError(
            f"{prepared.folder}: split {split!r} has no study with an image and a "
            f"{'report' if prepared.truth is None else 'truth'}; expected some to judge sentences by"
        )
    batcher = Batcher(settings=settings, tokenizers=folder.tokenizers, pixels=store.pixels)
    drafting = in_mode(folder.network, settings.generation.mode)
    batcher = seeing_once(drafting, batcher)
    written = write_reports(drafting, batcher, judged, settings.generation, progress)
    for report in written:
        for sentence in read_back(
            folder.network, batcher, report, settings.generation, with_evidence=False
        ):
            right = is_right(sentence.claims, facts[report.study.current.image_id])
            if right is not None and sentence.signals is not None:
                yield sentence, right


def knowledge(prepared: PreparedData, target: str) -> Callable[[Study], Known | None]:
    """Return what tells what is known of a study: ``None`` where nothing is."""
    truth = prepared.truth
    if truth is None:

        def of_report(study: Study) -> Known | None:
            text = target_text(study, target)
            return known_of_report(text) if text.strip() else None

        return of_report
    return lambda study: known_of_truth(truth[study.study_id]) if study.study_id in truth else None
