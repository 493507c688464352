"""A run on disk: what it is, where its parts lie, and whether it may be continued.

::

    RUN/
      run.json            stage, data set and its tables' digest, what it starts from, state (running, finished),
                          training images left out, by rule
      settings.yaml       every knob
      STAGE/              last.ckpt (training state), best.ckpt (weights), losses.jsonl (one line per optimizer
                          step and per validation) of each stage: encoder, writing, align, report
      model/              the result: a model folder

A run that holds no checkpoint has learnt nothing: its folder may be taken by another one.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from priorrg.data.manifest import PreparedData
from priorrg.errors import UsageError
from priorrg.model_folder import settings_yaml
from priorrg.settings import Settings, load_settings
from priorrg.storage import new_file

SETTINGS_FILE = "settings.yaml"
_PARTS = ("tokenizers", "encoder", "writing", "align", "report")


class RunFolder:
    """Open or start a run; one of another stage, preset, data set or start that has learnt is refused.

    ``start`` is the earlier run or model that this one takes weights from, ``start_weights`` their digest.
    """

    def __init__(
        self,
        folder: Path,
        *,
        stage: str,
        settings: Settings,
        data: PreparedData,
        start: Path | None = None,
        start_weights: str = "",
    ) -> None:
        self.folder, self.stage, self.settings = folder, stage, settings
        self.inputs = {
            "data": str(data.folder.resolve()),
            "tables": data.fingerprint,
            "start": str(start.resolve()) if start else "",
            "start_weights": start_weights,
        }
        if self._record_path.is_file() and not self._failed_at_the_start():
            self._check()
        elif self._record_path.is_file():
            self._start_anew()
        elif folder.exists() and not (folder.is_dir() and _holds_at_most(folder, SETTINGS_FILE)):
            raise UsageError(f"{folder}: is in the way and not a run; choose another --out or empty it")
        else:
            self._start()

    def _start(self) -> None:
        with new_file(self.folder / SETTINGS_FILE) as temporary:
            temporary.write_text(settings_yaml(self.settings))
        self._write(state="running", left_out={})  # last: its presence says that there is a run

    def _failed_at_the_start(self) -> bool:
        """Whether nothing was learnt yet and nothing but a run lies here, so that any run may begin."""
        known = {self._record_path.name, SETTINGS_FILE, *_PARTS, *_left_over(self.folder)}
        learnt = next(self.folder.glob("*/*.ckpt"), None)
        return learnt is None and all(path.name in known for path in self.folder.iterdir())

    def _start_anew(self) -> None:
        """Take the folder of a run that failed before it learnt anything.

        What it has built already was for its own settings and data, and goes.
        """
        for name in _PARTS:
            shutil.rmtree(self.folder / name, ignore_errors=True)
        self._start()

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
        self._write(state="finished", left_out=self._read().get("left_out", {}))

    def note_left_out(self, left_out: Mapping[str, int]) -> None:
        """Put on record how many training images the run does not learn from, by rule."""
        self._write(state="running", left_out=left_out)

    def _read(self) -> dict[str, Any]:
        try:
            record: dict[str, Any] = json.loads(self._record_path.read_text())
        except ValueError as error:
            raise UsageError(
                f"{self._record_path}: not valid JSON ({error}); the run cannot be continued, "
                "choose another --out"
            ) from error
        return record

    def _write(self, *, state: str, left_out: Mapping[str, int]) -> None:
        record = {"stage": self.stage, "state": state, **self.inputs, "left_out": left_out}
        with new_file(self._record_path) as temporary:
            temporary.write_text(json.dumps(record, indent=1))

    def _check(self) -> None:
        record = self._read()
        if record.get("stage") != self.stage:
            raise UsageError(
                f"{self.folder}: holds a run of stage {record.get('stage')!r}, got {self.stage!r}; "
                "choose another --out"
            )
        for name, preposition in (("data", "on"), ("start", "from")):
            if record.get(name) != self.inputs[name]:
                raise UsageError(
                    f"{self.folder}: was started {preposition} {record.get(name) or 'nothing'}, got "
                    f"{self.inputs[name] or 'nothing'}; choose another --out"
                )
        for name, what, happened in (
            ("tables", "data", "prepared"),
            ("start_weights", "start", "trained"),
        ):
            if record.get(name) != self.inputs[name]:
                raise UsageError(
                    f"{self.folder}: {self.inputs[what]} was {happened} anew since the run was started; "
                    "choose another --out"
                )
        before = load_settings(self.folder / SETTINGS_FILE)
        different = differences(before.as_dict(), self.settings.as_dict())
        if different:
            raise UsageError(
                f"{self.folder}: was started with other settings ({'; '.join(different[:3])}); "
                "choose another --out, or the same settings to continue it"
            )


def _holds_at_most(folder: Path, name: str) -> bool:
    return all(path.name in (name, *_left_over(folder)) for path in folder.iterdir())


def _left_over(folder: Path) -> list[str]:
    """Return what an attempt that was killed while it wrote has left."""
    return [path.name for path in folder.glob(".*.part")]


def differences(before: Mapping[str, Any], after: Mapping[str, Any], path: str = "") -> list[str]:
    """Return one text per differing leaf of two settings trees."""
    found = []
    for key in before.keys() | after.keys():
        old, new, where = before.get(key), after.get(key), f"{path}{key}"
        if isinstance(old, dict) and isinstance(new, dict):
            found += differences(old, new, f"{where}.")
        elif old != new:
            found.append(f"{where} was {old!r}, got {new!r}")
    return sorted(found)
