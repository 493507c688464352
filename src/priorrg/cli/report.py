"""``priorrg report``: one study, one draft."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from priorrg.cli.mode import ExactOption, ModeOption, chosen_mode
from priorrg.cli.terminal import screen
from priorrg.errors import UsageError

if TYPE_CHECKING:
    from priorrg.reporter import Draft

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
    mode: ModeOption = None,
    exact: ExactOption = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Machine-readable output, the evidence of each sentence included."),
    ] = False,
    evidence: Annotated[
        Path | None,
        typer.Option(help="Write pictures of where each sentence's evidence lies into this folder."),
    ] = None,
    keep_priors: Annotated[
        bool,
        typer.Option(
            "--keep-priors",
            envvar="PRIORRG_KEEP_PRIORS",
            help="Keep on disk what the encoder sees in these images, patient data, so that a prior is not "
            "read twice (docs/prior-cache.md). PRIORRG_PRIOR_CACHE names another folder.",
        ),
    ] = False,
    keep_priors_gb: Annotated[
        float, typer.Option(help="The most that may be kept, GB; the least recently used go first.")
    ] = 4.0,
) -> None:
    """Draft the report of one radiograph.

    Example: `priorrg report now.png --prior before.png --indication "Dyspnoea, effusion?" --model runs/demo/model`
    """
    how = chosen_mode(mode, exact=exact)
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

    model_in_hand = PriorRG.from_pretrained(folder, device=device, mode=how)
    kept = model_in_hand.keep_priors(gb=keep_priors_gb).place if keep_priors else None
    draft = model_in_hand.draft(case, evidence=as_json or evidence is not None)
    if evidence is not None:
        from priorrg.evidence_map import write_overlays

        maps = [sentence.evidence for sentence in draft.sentences]
        write_overlays(evidence, maps, {film.name: film.grey for film in case.films})
    if as_json:
        typer.echo(draft.to_json())
        return
    _show(draft)
    if kept is not None:
        said = f"kept     what the encoder saw of these images, which is patient data, in {kept}"
        screen.print(said, style="dim", highlight=False, markup=False, soft_wrap=True)


def _show(draft: "Draft") -> None:
    screen.print(draft.text or "(the model wrote nothing)", highlight=False, markup=False)
    sure = [
        f"{sentence.confidence:.0%}".rjust(8) + f" {sentence.text}"
        for sentence in draft.sentences
        if sentence.confidence is not None
    ]
    if sure:
        lines = ["", "how sure, as a share of like sentences that were right:", *sure]
        screen.print("\n".join(lines), style="dim", highlight=False, markup=False, soft_wrap=True)
    given = [
        f"current  {draft.current} ({draft.view})",
        f"prior    {draft.prior} ({draft.prior_view})" if draft.prior else "prior    none",
        f"context  {' / '.join(t for t in (draft.indication, draft.history) if t) or 'none'}",
        *(f"note     {remark}" for remark in draft.remarks),
        f"model    trained on {draft.model['trained_on']}, preset {draft.model['preset']}, "
        f"mode {draft.model['mode']}",
    ]
    screen.print("\n" + "\n".join(given), style="dim", highlight=False, markup=False, soft_wrap=True)
    screen.print(draft.notice, style="bold yellow", highlight=False, markup=False)
