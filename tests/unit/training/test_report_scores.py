"""The weights that are kept are those whose reports are best, whatever the loss says."""

from types import SimpleNamespace

import pytest
import torch

from priorrg.settings import load_settings
from priorrg.stage_settings import ScheduleSettings
from priorrg.study import Radiograph, Report, Study
from priorrg.training import report_scores
from priorrg.training.callbacks import read_losses
from priorrg.training.fit import fit_legs
from priorrg.training.report import ReportModule
from priorrg.training.report_scores import ReportScores
from priorrg.training.stream import Stream

FINDINGS = "Small left pleural effusion, new. No pneumothorax."
STUDIES = [
    Study(
        patient_id=f"{n}",
        study_id=f"{n}",
        current=Radiograph(image_id=f"{n}"),
        report=Report(findings=FINDINGS),
    )
    for n in range(3)
]


class Counting(ReportModule):
    """A module whose loss falls with every leg; its weight is the number of steps taken."""

    def __init__(self):
        torch.nn.Module.__init__(self)
        super(ReportModule, self).__init__()
        self.network = torch.nn.Linear(1, 1, bias=False)
        self.network.weight.data.zero_()

    def training_step(self, batch, index):
        return {"loss": -self.network.weight.sum()}

    def validation_step(self, batch, index):
        self.log("val_loss", -self.network.weight.sum(), batch_size=1)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=1.0)


def trained(folder, judge):
    module = Counting()
    stream = Stream(8, 2, seed=0, load=lambda rows, generator: torch.ones(2))
    schedule = ScheduleSettings(steps=12, batch=2, checkpoint_every=4, clip=0)
    fit_legs(module, stream, [lambda: torch.ones(2)], schedule, folder, what="x", seed=0, judge=judge)
    return module.network.weight.item()


@pytest.fixture
def judge(monkeypatch):
    """After the first leg the reports are right, later ever less is said."""

    def written(network, *_):
        steps = int(network.weight.item())
        said = {4: FINDINGS, 8: "Small left pleural effusion."}.get(steps, "")
        return ((study, said) for study in STUDIES)

    monkeypatch.setattr(report_scores, "generate_reports", written)
    return ReportScores(STUDIES, "findings", SimpleNamespace(), load_settings("tiny").generation)


def test_by_loss_the_last_weights_are_kept_and_by_reports_the_first(tmp_path, judge):
    assert trained(tmp_path / "loss", None) == 12
    assert trained(tmp_path / "reports", judge) == 4


def test_the_scores_of_every_validation_are_on_record(tmp_path, judge):
    trained(tmp_path, judge)
    rows = [row for row in read_losses(tmp_path / "losses.jsonl") if "val_shortfall" in row]
    assert [row["step"] for row in rows] == [4, 8, 12]
    assert rows[0]["val_bleu_4"] == rows[0]["val_lcc_fine"] == 1.0
    assert rows[0]["val_shortfall"] < rows[1]["val_shortfall"] < rows[2]["val_shortfall"]
