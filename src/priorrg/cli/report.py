"""``priorrg report``: one study, one draft."""

from pathlib import Path
from typing import Annotated

import typer

from priorrg.cli.terminal import screen
from priorrg.errors import UsageError

DeviceOption = Annotated[str, typer.Option(help="auto (a GPU where there is one), cpu, cuda, cuda:1 …")]


def report(
    image: Annotated[
        Path, typer.Argument(help="PNG, JPEG or DICOM; or a folder of one patient's DICOM files.")
    ],
    model: Annotated[
        Path, typer.Option(help="A model folder, a run of `priorrg train`, or a hub id.")
    ] = Path("runs/demo/model"),
    prior: Annotated[Path | None, typer.Option(help="The patient's most recent prior image.")] = None,
    indication: Annotated[str, typer.Option(help="The clinical question.")] = "",
    history: Annotated[str, typer.Option(help="The clinical history.")] = "",
    view: Annotated[
        str, typer.Option(help="PA, AP, LATERAL …, in any case; unk for others. DICOM says it itself.")
    ] = "",
    prior_view: Annotated[str, typer.Option(help="The same of the prior image.")] = "",
    device: DeviceOption = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Draft the report of one radiograph.

    Example: `priorrg report now.png --prior before.png --indication "Dyspnoea, effusion?" --model runs/demo/model`
    """
    for path in (image, prior):
        if path is not None and not path.exists():
            raise UsageError(f"{path}: no such file; expected a PNG, JPEG or DICOM radiograph")
    from priorrg.case import read_case
    from priorrg.model_source import model_of, view_names

    folder = model_of(model)
    case = read_case(
        image,
        prior,
        views=view_names(folder),
        indication=indication,
        history=history,
        view=view,
        prior_view=prior_view,
    )
    from priorrg.reporter import PriorRG  # after all that can fail without it: torch takes its time

    draft = PriorRG.from_pretrained(folder, device=device).draft(case)
    if as_json:
        typer.echo(draft.to_json())
        return
    screen.print(draft.text or "(the model wrote nothing)", highlight=False, markup=False)
    given = [
        f"current  {draft.current} ({draft.view})",
        f"prior    {draft.prior} ({draft.prior_view})" if draft.prior else "prior    none",
        f"context  {' / '.join(t for t in (draft.indication, draft.history) if t) or 'none'}",
        *(f"note     {remark}" for remark in draft.remarks),
        f"model    trained on {draft.model['trained_on']}, preset {draft.model['preset']}",
    ]
    screen.print("\n" + "\n".join(given), style="dim", highlight=False, markup=False, soft_wrap=True)
    screen.print(draft.notice, style="bold yellow", highlight=False, markup=False)
