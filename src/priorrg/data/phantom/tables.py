"""The tables of a phantom cohort: MIMIC-CXR-JPG's three, and the truth.

Column names and number forms are MIMIC's, so that one reader reads both. Writes rows, opens no file.
"""

from collections.abc import Mapping

from priorrg.data.phantom.changes import SLOTS, device_changes, finding_changes, visible
from priorrg.data.phantom.patients import PhantomPatient, PhantomStudy
from priorrg.data.phantom.scene import Box
from priorrg.language.observations import DEVICES, Observation, Polarity, Side

Row = tuple[str, ...]

METADATA = (
    "dicom_id",
    "subject_id",
    "study_id",
    "PerformedProcedureStepDescription",
    "ViewPosition",
    "Rows",
    "Columns",
    "StudyDate",
    "StudyTime",
    "ProcedureCodeSequence_CodeMeaning",
    "ViewCodeSequence_CodeMeaning",
    "PatientOrientationCodeSequence_CodeMeaning",
)
SPLIT = ("dicom_id", "study_id", "subject_id", "split")
CHEXPERT = (
    "subject_id",
    "study_id",
    "Atelectasis",
    "Cardiomegaly",
    "Consolidation",
    "Edema",
    "Enlarged Cardiomediastinum",
    "Fracture",
    "Lung Lesion",
    "Lung Opacity",
    "No Finding",
    "Pleural Effusion",
    "Pleural Other",
    "Pneumonia",
    "Pneumothorax",
    "Support Devices",
)
_LABELS: Mapping[str, Observation] = {
    "Atelectasis": Observation.ATELECTASIS,
    "Cardiomegaly": Observation.CARDIOMEGALY,
    "Consolidation": Observation.CONSOLIDATION,
    "Edema": Observation.EDEMA,
    "Fracture": Observation.FRACTURE,
    "Lung Lesion": Observation.NODULE,
    "Pleural Effusion": Observation.EFFUSION,
    "Pneumothorax": Observation.PNEUMOTHORAX,
}
_OPACITIES = (Observation.ATELECTASIS, Observation.CONSOLIDATION, Observation.EDEMA)
_VALUES = {Polarity.PRESENT: "1.0", Polarity.UNCERTAIN: "-1.0", Polarity.ABSENT: "0.0"}
_VIEW_CODES = {"PA": "postero-anterior", "AP": "antero-posterior", "LATERAL": "lateral"}


def metadata_rows(patient: PhantomPatient, size: int) -> list[Row]:
    """Return one row per image; date and time are empty where they are lost."""
    rows: list[Row] = []
    for study in patient.studies:
        visit = study.visit
        procedure = "CHEST (PA AND LAT)" if visit.has_lateral else f"CHEST ({_procedure(visit.view)})"
        date = clock = ""
        if (taken := visit.taken_at) is not None:
            date = taken.strftime("%Y%m%d")
            clock = f"{int(taken.strftime('%H%M%S'))}.{taken.microsecond // 1000:03d}"
        for exposure in visit.exposures:
            view = exposure.acquisition.view
            names = (exposure.image_id, patient.patient_id, visit.study_id, procedure, view)
            codes = (procedure, _VIEW_CODES[view], "Erect")
            rows.append((*names, str(size), str(size), date, clock, *codes))
    return rows


def _procedure(view: str) -> str:
    return "PORTABLE AP" if view == "AP" else view


def split_rows(patient: PhantomPatient, split: str) -> list[Row]:
    """Return one row per image; a patient lies in one split."""
    return [
        (exposure.image_id, study.visit.study_id, patient.patient_id, split)
        for study in patient.studies
        for exposure in study.visit.exposures
    ]


def chexpert_rows(patient: PhantomPatient) -> list[Row]:
    """Return one row per study: what its report says, not what its film shows."""
    rows: list[Row] = []
    for study in patient.studies:
        labels = chexpert_labels(study)
        rows.append(
            (patient.patient_id, study.visit.study_id, *(labels.get(name, "") for name in CHEXPERT[2:]))
        )
    return rows


def chexpert_labels(study: PhantomStudy) -> dict[str, str]:
    """Return CheXpert's labels of a report: 1.0 stated, -1.0 hedged, 0.0 denied; others are left out."""
    said = study.dictation.said
    labels = {name: _VALUES[said[o]] for name, o in _LABELS.items() if o in said}
    opacities = {said[o] for o in _OPACITIES if o in said}
    if Polarity.PRESENT in opacities:
        labels["Lung Opacity"] = "1.0"
    elif Polarity.UNCERTAIN in opacities:
        labels["Lung Opacity"] = "-1.0"
    if study.dictation.device is not None:
        labels["Support Devices"] = _VALUES[study.dictation.device]
    if all(polarity is Polarity.ABSENT for polarity in said.values()):
        labels["No Finding"] = "1.0"
    return labels


Boxes = Mapping[tuple[Observation, Side], Box]


def truth_rows(patient: PhantomPatient, study: PhantomStudy, boxes: Boxes) -> list[Row]:
    """Return one row per finding slot and device. ``boxes`` are those of the frontal image."""
    visit, prior = study.visit, study.prior
    names = (patient.patient_id, visit.study_id, visit.exposures[0].image_id)
    start = (*names, str(int(prior is not None)), study.prior_study_id)
    shown = visible(study.scene)
    before = {} if prior is None else visible(prior)
    changes = {} if prior is None else finding_changes(prior, study.scene)
    asked = study.question.asked if study.question else None
    rows: list[Row] = []
    for slot in SLOTS:
        observation, side = slot
        finding = shown.get(slot) or before.get(slot)
        severity, prior_severity = (
            f"{found[slot].severity if slot in found else 0.0:.4f}" for found in (shown, before)
        )
        change = changes.get(slot)
        place = (observation.value, side.value, finding.zone.value if finding else "none")
        severities = (severity, "" if prior is None else prior_severity, change.value if change else "")
        corners = _corners(boxes, observation, side, slot in shown)
        state = (str(int(slot in shown)), *severities, *corners, str(int(observation is asked)))
        rows.append((*start, *place, *state))
    return rows + _device_rows(study, boxes, start)


def _device_rows(study: PhantomStudy, boxes: Boxes, start: Row) -> list[Row]:
    sides = {device.observation: device.side for device in study.scene.devices}
    changes = {} if study.prior is None else device_changes(study.prior, study.scene)
    rows: list[Row] = []
    for observation in DEVICES:
        change, present = changes.get(observation), observation in sides
        corners = _corners(boxes, observation, sides.get(observation, Side.NONE), present)
        row = (*start, observation.value, Side.NONE.value, "none", str(int(present)), "", "")
        rows.append((*row, change.value if change else "", *corners, "0"))
    return rows


def _corners(boxes: Boxes, observation: Observation, side: Side, present: bool) -> Row:
    box = boxes.get((observation, side)) or boxes.get((observation, Side.NONE))
    if not present or box is None:
        return ("", "", "", "")
    return tuple(str(int(edge)) for edge in box)
