"""CheXpert Plus, made up, for tests."""

from dataclasses import dataclass
from pathlib import Path

from films import FOREIGN, shuffled, write_csv, write_film


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the table."""

    patient: int
    study: int
    order: int | str
    day: str = ""
    view: str = "view1_frontal"
    comparison: str = ""
    findings: str = "Lungs clear."
    split: str = "train"
    ap_pa: str = "AP"

    @property
    def path(self) -> str:
        return f"{self.split}/patient{self.patient:05}/study{self.study}/{self.view}.jpg"


ROWS = (
    Row(patient=1, study=1, order=1, day="2/8/2010", comparison="None.", findings=FOREIGN),
    Row(patient=1, study=2, order=2, day="2/20/2010", comparison="2/8/2010."),
    Row(patient=1, study=2, order=2, day="2/20/2010", comparison="2/8/2010.", view="view2_lateral", ap_pa=""),
    Row(patient=2, study=1, order=2, day="3/1/2011"),
    Row(patient=2, study=2, order=1, day="3/9/2011"),
    Row(patient=3, study=1, order=1, split="valid", ap_pa=""),
)  # fmt: skip


def write_chexpert_tree(root: Path, seed: int | None = None, rows: tuple[Row, ...] = ROWS) -> None:
    write_csv(root / "df_chexpert_plus_240401.csv", [_columns(row) for row in shuffled(rows, seed)])
    for number, row in enumerate(rows):
        write_film(root / row.path, number)


def _columns(row: Row) -> dict[str, object]:
    head = f"RADIOGRAPHIC EXAMINATION OF THE CHEST: {row.day}"
    return {
        "path_to_image": row.path,
        "path_to_dcm": row.path.replace(".jpg", ".dcm"),
        "frontal_lateral": "Lateral" if "lateral" in row.view else "Frontal",
        "ap_pa": row.ap_pa,
        "deid_patient_id": f"patient{row.patient:05}",
        "patient_report_date_order": row.order,
        "report": f"NARRATIVE:\n{head}\n \nCOMPARISON: {row.comparison}",
        "section_narrative": head,
        "section_clinical_history": "68 years of age, Male, line placement.",
        "section_history": "",
        "section_comparison": row.comparison,
        "section_technique": "",
        "section_procedure_comments": "Single view.",
        "section_findings": row.findings,
        "section_impression": "1. No change.\n2. Line in place.",
        "section_end_of_impression": "",
        "section_summary": "",
        "section_accession_number": "1",
        "age": 68.0,
        "sex": "Male",
        "split": row.split,
    }
