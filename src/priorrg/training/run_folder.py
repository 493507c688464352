"""A run on disk: what it is, where its parts lie, and whether it may be continued.

::

    RUN/
      run.json            stage, data set, state (running, finished)
      settings.yaml       every knob
      STAGE/              last.ckpt, best.ckpt (training state), losses.jsonl (one line per optimizer
                          step and per validation) of each stage: encoder, align, report
      model/              the result: a model folder
"""

import json
from pathlib import Path

from priorrg.errors import UsageError
from priorrg.model_folder import settings_yaml
from priorrg.settings import Settings, load_settings
from priorrg.storage import new_file


class RunFolder:
    """Open or start a run; one of another stage, preset or data set is refused."""

    def __init__(self, folder: Path, *, stage: str, settings: Settings, data: Path) -> None:
        self.folder, self.stage, self.settings = folder, stage, settings
        if self._record_path.is_file():
            self._check(stage, settings, data)
        elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{folder}: is in the way and not a run; choose another --out or empty it")
        else:
            folder.mkdir(parents=True, exist_ok=True)
            self._write(state="running", data=str(data.resolve()))
            (folder / "settings.yaml").write_text(settings_yaml(settings))

    @property
    def _record_path(self) -> Path:
        return self.folder / "run.json"

    @property
    def model(self) -> Path:
        return self.folder / "model"

    @property
    def finished(self) -> bool:
        return bool(self._read()["state"] == "finished") and self.model.is_dir()

    def finish(self) -> None:
        self._write(state="finished", data=self._read()["data"])

    def _read(self) -> dict[str, str]:
        record: dict[str, str] = json.loads(self._record_path.read_text())
        return record

    def _write(self, *, state: str, data: str) -> None:
        with new_file(self._record_path) as temporary:
            temporary.write_text(
                json.dumps({"stage": self.stage, "state": state, "data": data}, indent=1)
            )

    def _check(self, stage: str, settings: Settings, data: Path) -> None:
        record = self._read()
        if record["stage"] != stage:
            raise UsageError(
                f"{self.folder}: holds a run of stage {record['stage']!r}, got {stage!r}; choose another --out"
            )
        if record["data"] != str(data.resolve()):
            raise UsageError(
                f"{self.folder}: was started on {record['data']}, got {data}; choose another --out"
            )
        before = load_settings(self.folder / "settings.yaml")
        different = differences(before.as_dict(), settings.as_dict())
        if different:
            raise UsageError(
                f"{self.folder}: was started with other settings ({'; '.join(different[:3])}); "
                "choose another --out, or the same settings to continue it"
            )


def differences(before: dict[str, object], after: dict[str, object], path: str = "") -> list[str]:
    """Return one text per differing leaf of two settings trees."""
    found = []
    for key in before.keys() | after.keys():
        old, new, where = before.get(key), after.get(key), f"{path}{key}"
        if isinstance(old, dict) and isinstance(new, dict):
            found += differences(old, new, f"{where}.")
        elif old != new:
            found.append(f"{where} was {old!r}, got {new!r}")
    return sorted(found)
