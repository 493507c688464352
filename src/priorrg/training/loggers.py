"""The experiment tracker that a flag names."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import MLFlowLogger, TensorBoardLogger, WandbLogger

from priorrg.errors import MissingExtraError, UsageError

LOGGERS = ("none", "tensorboard", "wandb", "mlflow")


def check_logger(name: str) -> None:
    """Raise ``UsageError`` for an unknown name, ``MissingExtraError`` where its package is absent."""
    if name not in LOGGERS:
        raise UsageError(f"--logger {name!r}: expected one of {', '.join(LOGGERS)}")
    if name in ("wandb", "mlflow") and find_spec(name) is None:
        raise MissingExtraError(f"--logger {name} needs an extra: pip install 'priorrg[{name}]'")


def make_logger(name: str, folder: Path) -> Any:
    """Return Lightning's logger, or ``False`` for none. Raises as ``check_logger`` does."""
    check_logger(name)
    if name == "tensorboard":
        return TensorBoardLogger(save_dir=folder, name="tensorboard", version="")
    if name == "wandb":
        return WandbLogger(project="priorrg", save_dir=folder)
    if name == "mlflow":
        return MLFlowLogger(experiment_name="priorrg", save_dir=str(folder / "mlruns"))
    return False
