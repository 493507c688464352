"""The table of data sets: what can be prepared, from where, under which terms.

To add one: a reader (its function ``prepare``) and a row here. Every ``prepare`` takes the root that image
paths are relative to and the folder to write, ``with_images=False`` for the texts alone, and ``progress``,
which gets (done, in all); what else it takes has a default. It returns the prepared data set, opened.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from priorrg.data import (
    chexpert_plus,
    iu_xray,
    mimic_abn,
    mimic_abn_derived,
    mimic_cxr,
    own_table,
    padchest_gr,
    released,
    rexgradient,
)
from priorrg.data.manifest import PreparedData
from priorrg.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One data set. ``needs`` is what must lie in its root; ``has_priors`` if patients are linked."""

    name: str
    title: str
    paper: str
    size: str
    licence: str
    obtain: str
    needs: str
    has_priors: bool
    prepare: Callable[..., PreparedData]


_ROWS = (
    Source(
        name=mimic_cxr.READER,
        title="MIMIC-CXR and MIMIC-CXR-JPG; the phantom is read the same way",
        paper="Johnson et al., Scientific Data 6:317, 2019; Johnson et al., arXiv:1901.07042, 2019",
        size="377,110 images, about 227,830 studies, 65,379 patients",
        licence="PhysioNet Credentialed Health Data License 1.5.0; not to be passed on",
        obtain="https://physionet.org/content/mimic-cxr-jpg/ and https://physionet.org/content/mimic-cxr/",
        needs="files/p1?/…/*.jpg or *.dcm, the metadata and split CSV; reports there or in --reports",
        has_priors=True,
        prepare=mimic_cxr.prepare,
    ),
    Source(
        name=released.READER,
        title="The authors' annotation JSON (MIMIC-CXR or MIMIC-ABN), to repeat the published evaluation",
        paper="Liu et al., AAAI 2026, arXiv:2508.05353",
        size="one item per image; MIMIC-CXR test: 3,852 images of 2,343 studies",
        licence="derived from MIMIC-CXR: PhysioNet Credentialed Health Data License 1.5.0",
        obtain="https://github.com/mk-runner/PriorRG, for PhysioNet credential holders; images: mimic-cxr",
        needs="ANNOTATION.json and the folder that its image paths are relative to",
        has_priors=True,
        prepare=released.prepare,
    ),
    Source(
        name=mimic_abn.READER,
        title="MIMIC-ABN, abnormal sentences alone, from the authors' annotation JSON",
        paper="Ni et al., Findings of EMNLP 2020; re-derived by Liu et al., AAAI 2026",
        size="test: 844 images of 378 studies, all in MIMIC-CXR's test split",
        licence="derived from MIMIC-CXR: PhysioNet Credentialed Health Data License 1.5.0",
        obtain="https://github.com/mk-runner/PriorRG, for PhysioNet credential holders; images: mimic-cxr",
        needs="ANNOTATION.json and the folder that its image paths are relative to",
        has_priors=True,
        prepare=mimic_abn.prepare,
    ),
    Source(
        name=mimic_abn_derived.READER,
        title="MIMIC-CXR's abnormal sentences by our rule, where the annotation of MIMIC-ABN is out of reach",
        paper="idea: Ni et al., Findings of EMNLP 2020; how the rule does: docs/data.md",
        size="those studies of MIMIC-CXR that keep a sentence",
        licence="derived from MIMIC-CXR: PhysioNet Credentialed Health Data License 1.5.0",
        obtain="https://physionet.org/content/mimic-cxr-jpg/ and https://physionet.org/content/mimic-cxr/",
        needs="what mimic-cxr needs, or a data set prepared from it",
        has_priors=True,
        prepare=mimic_abn_derived.prepare,
    ),
    Source(
        name=iu_xray.READER,
        title="Indiana University chest X-rays: Open-i XML, the Kaggle CSV pair, or the community split",
        paper="Demner-Fushman et al., JAMIA 23:304, 2016",
        size="3,955 reports, 7,470 images; findings and an image: 3,337; community split 2,069/296/590",
        licence="CC BY-NC-ND 4.0",
        obtain="https://openi.nlm.nih.gov/faq (reports and PNG archives)",
        needs="*.xml, or indiana_reports.csv and indiana_projections.csv, or annotation.json; the PNG files",
        has_priors=False,
        prepare=iu_xray.prepare,
    ),
    Source(
        name=chexpert_plus.READER,
        title="CheXpert Plus",
        paper="Chambon et al., arXiv:2405.19538, 2024",
        size="223,462 images, 187,711 reports, 64,725 patients",
        licence="Stanford University Dataset Research Use Agreement; no commercial use",
        obtain="https://aimi.stanford.edu/datasets/chexpert-plus",
        needs="df_chexpert_plus_240401.csv and train/, valid/ as JPEG, PNG or DICOM",
        has_priors=True,
        prepare=chexpert_plus.prepare,
    ),
    Source(
        name=rexgradient.READER,
        title="ReXGradient-160K",
        paper="Zhang et al., arXiv:2505.00228, 2025",
        size="273,004 images of 160,000 studies, 109,487 patients, 79 sites",
        licence="ReXGradient-160K Non-Commercial Data Access and Use Agreement",
        obtain="https://huggingface.co/datasets/rajpurkarlab/ReXGradient-160K",
        needs="metadata/{train,valid,test}_metadata_view_position.json and .csv; deid_png/ unpacked",
        has_priors=True,
        prepare=rexgradient.prepare,
    ),
    Source(
        name=padchest_gr.READER,
        title="PadChest-GR: grounded sentences in English and Spanish",
        paper="Castro et al., arXiv:2411.05085, NEJM AI 2025",
        size="4,555 studies, one frontal image each; 7,037 positive and 3,422 negative sentences",
        licence="BIMCV PadChest-GR research use agreement",
        obtain="https://bimcv.cipf.es/bimcv-projects/padchest-gr/",
        needs="grounded_reports_20240819.json, master_table.csv, the unpacked images and prior images",
        has_priors=True,
        prepare=padchest_gr.prepare,
    ),
    Source(
        name=own_table.READER,
        title="Your own table: CSV or Parquet, one row per image",
        paper="none",
        size="as large as yours",
        licence="yours; nothing leaves the machine",
        obtain="your archive; docs/data.md describes the columns",
        needs="studies.csv or .parquet (patient, study, image; taken_at, view, texts, split) and images",
        has_priors=True,
        prepare=own_table.prepare,
    ),
)
SOURCES: Mapping[str, Source] = {row.name: row for row in _ROWS}


def source(name: str) -> Source:
    """Return the row of a data set. Raises ``UsageError`` if there is none of that name."""
    if name not in SOURCES:
        raise UsageError(f"data set {name!r} is not known; expected one of {', '.join(SOURCES)}")
    return SOURCES[name]
