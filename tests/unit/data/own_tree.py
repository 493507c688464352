"""A folder of images and a table of one's own, for tests."""

from pathlib import Path

from films import FOREIGN, shuffled, write_csv, write_film


def row(patient: str, study: str, taken_at: str, image: str, **more: str) -> dict[str, str]:
    facts = {"view": "PA", "indication": "Cough?", "history": "", "findings": f"Lungs of {study} clear."}
    return {"patient": patient, "study": study, "taken_at": taken_at, "image": image} | facts | more


ROWS = (
    row("ann", "a1", "2024-01-01T08:00", "ann/a1.png", findings=f"Clear. {FOREIGN}"),
    row("ann", "a2", "2024-01-03T20:00", "ann/a2.png", view="AP", sex="female", age="057Y"),
    row("ann", "a2", "2024-01-03T20:00", "ann/a2-side.png", view="lateral"),
    row("bob", "b1", "", "bob/b1.png"),
    row("bob", "b2", "2024-02-01", "bob/b2.png"),
)


def write_own_tree(root: Path, seed: int | None = None, rows: tuple[dict[str, str], ...] = ROWS) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    write_csv(root / "studies.csv", [{n: r.get(n, "") for n in names} for r in shuffled(rows, seed)])
    images = (value for row in rows for value in row.values() if value.endswith(".png"))
    for number, image in enumerate(images):
        write_film(root / image, number)
