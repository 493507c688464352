"""The table of forms in which data sets lie on a disk.

To add one: a row here; if it lists its images, a function in ``listed_files``. What a data set is, its terms
and where to get it stand in ``sources``.
"""

from pathlib import Path

from priorrg.data import listed_files
from priorrg.data.form import Form, Listing, Mark, Part
from priorrg.truth import TRUTH_FILE

_JPG = "https://physionet.org/content/mimic-cxr-jpg/"
_REPORTS = "https://physionet.org/content/mimic-cxr/ (mimic-cxr-reports.zip)"


def _mimic_parts(obtain: str, required: bool = True) -> tuple[Part, ...]:
    return (
        Part(
            what="metadata table",
            patterns=("mimic-cxr-2.?.0-metadata.csv*",),
            required=required,
            obtain=obtain,
        ),
        Part(
            what="split table (without it a split is drawn by patient)",
            patterns=("mimic-cxr-2.?.0-split.csv*",),
            required=False,
            obtain=obtain,
        ),
        Part(
            what="CheXpert labels",
            patterns=("mimic-cxr-2.?.0-chexpert.csv*",),
            required=False,
            obtain=obtain,
        ),
    )


_TREE = ("files/p1[0-9]/p1*/", "p1[0-9]/p1*/")
_MIMIC_LISTINGS = (
    Listing(what="images", read=listed_files.mimic_images, bases=("files/", "")),
    Listing(
        what="reports",
        read=listed_files.mimic_reports,
        bases=("files/", ""),
        endings=(".txt",),
        archives=("mimic-cxr-reports.zip",),
        required=False,
        obtain=f"{_REPORTS}; then say --reports FOLDER",
    ),
)
FORMS: tuple[Form, ...] = (
    Form(
        name="prepared",
        title="a prepared data set of PriorRG",
        source="",
        marks=(Mark(pattern="data.json", words=('"schema_version"',)),),
        command="priorrg pretrain {root} --out runs/stage1",
        parts=(
            Part(what="studies", patterns=("studies.parquet",), rows=True),
            Part(what="image rows", patterns=("images.parquet",), rows=True),
            Part(what="labelled studies", patterns=("labels.parquet",), required=False, rows=True),
        ),
        listings=(Listing(what="images", read=listed_files.prepared_images, endings=("",)),),
        covers=("phantom",),
    ),
    Form(
        name="phantom",
        title="a phantom: synthetic patients in the form of MIMIC-CXR-JPG",
        source="",
        marks=(Mark(pattern=TRUTH_FILE),),
        command="priorrg prepare mimic-cxr {root} {out}",
        out="phantom",
        parts=_mimic_parts("`priorrg phantom` writes it"),
        listings=_MIMIC_LISTINGS,
        covers=("mimic-cxr-jpg", "mimic-cxr"),
    ),
    Form(
        name="mimic-cxr-jpg",
        title="MIMIC-CXR-JPG",
        source="mimic-cxr",
        marks=(Mark(pattern="mimic-cxr-2.?.0-*.csv*"),),
        command="priorrg prepare mimic-cxr {root} {out}",
        out="mimic",
        parts=_mimic_parts(_JPG),
        listings=_MIMIC_LISTINGS,
        covers=("mimic-cxr",),
    ),
    Form(
        name="mimic-cxr",
        title="MIMIC-CXR (reports, DICOM) without the tables of MIMIC-CXR-JPG",
        source="mimic-cxr",
        marks=(
            Mark(pattern="cxr-*-list.csv*"),
            Mark(pattern="mimic-cxr-reports.zip"),
            Mark(pattern="files/p1[0-9]"),
            Mark(pattern="p1[0-9]/p1*"),
        ),
        command="priorrg prepare mimic-cxr MIMIC_CXR_JPG {out} --reports {root}",
        out="mimic",
        parts=(
            *_mimic_parts(
                f"{_JPG}, and put it here if the DICOM images are to be prepared", required=False
            ),
            Part(
                what="reports",
                patterns=tuple(f"{place}s*.txt" for place in _TREE),
                archives=("mimic-cxr-reports.zip",),
                obtain=_REPORTS,
            ),
        ),
        listings=(
            Listing(what="DICOM images", read=listed_files.mimic_records, required=False),
            Listing(
                what="listed reports",
                read=listed_files.mimic_texts,
                endings=(".txt",),
                archives=("mimic-cxr-reports.zip",),
                obtain=_REPORTS,
            ),
        ),
    ),
    Form(
        name="released",
        title="the authors' annotation JSON",
        source="released",
        marks=(Mark(pattern="*.json", words=('"anchor_scan"', '"indication_pure"')),),
        command="priorrg prepare released {root}/ANNOTATION.json IMAGES {out}",
        out="released",
        covers=("mimic-cxr",),
        listings=(
            Listing(
                what="images (they may lie in another folder: IMAGES)",
                read=listed_files.released_images,
                bases=("", "files/"),
                required=False,
                obtain=_JPG,
            ),
        ),
    ),
    Form(
        name="iu-xray-xml",
        title="Indiana University chest X-rays: Open-i XML",
        source="iu-xray",
        marks=(
            *(Mark(pattern=pattern, words=("eCitation",)) for pattern in ("*.xml", "*/*.xml")),
            Mark(pattern="ecgen-radiology.tar.gz"),
            Mark(pattern="NLMCXR_*.tgz"),
        ),
        command="priorrg prepare iu-xray {root} {out}",
        out="iu-xray",
        parts=(
            Part(
                what="reports",
                patterns=("*.xml", "*/*.xml"),
                archives=("ecgen-radiology.tar.gz", "NLMCXR_reports.tgz"),
                obtain="https://openi.nlm.nih.gov/faq (NLMCXR_reports.tgz)",
            ),
        ),
        listings=(
            Listing(
                what="images",
                read=listed_files.openi_images,
                bases=("", "NLMCXR_png/", "images/", "png/"),
                archives=("NLMCXR_png.tgz",),
                obtain="https://openi.nlm.nih.gov/faq (NLMCXR_png.tgz); without them: --without-images",
            ),
        ),
    ),
    Form(
        name="iu-xray-kaggle",
        title="Indiana University chest X-rays: the pair of CSV files",
        source="iu-xray",
        marks=(Mark(pattern="indiana_reports.csv"), Mark(pattern="indiana_projections.csv")),
        command="priorrg prepare iu-xray {root} {out}",
        out="iu-xray",
        parts=(
            Part(what="reports", patterns=("indiana_reports.csv",), rows=True),
            Part(what="images and views", patterns=("indiana_projections.csv",), rows=True),
        ),
        listings=(
            Listing(
                what="images",
                read=listed_files.kaggle_images,
                bases=("images/images_normalized/", "images_normalized/", "images/", ""),
            ),
        ),
    ),
    Form(
        name="iu-xray-split",
        title="Indiana University chest X-rays: the community's split",
        source="iu-xray",
        marks=(
            Mark(
                pattern="annotation.json", words=('"image_path"', '"report"'), without=('"subject_id"',)
            ),
        ),
        command="priorrg prepare iu-xray {root} {out}",
        out="iu-xray",
        listings=(Listing(what="images", read=listed_files.community_images, bases=("images/", "")),),
    ),
    Form(
        name="chexpert-plus",
        title="CheXpert Plus",
        source="chexpert-plus",
        marks=(Mark(pattern="df_chexpert_plus_*.csv*"),),
        command="priorrg prepare chexpert-plus {root} {out}",
        out="chexpert-plus",
        listings=(
            Listing(
                what="images",
                read=listed_files.chexpert_images,
                bases=("", "PNG/", "PNG/PNG/", "DICOM/"),
            ),
        ),
    ),
    Form(
        name="rexgradient",
        title="ReXGradient-160K",
        source="rexgradient",
        marks=(
            Mark(pattern="*_metadata_view_position.json"),
            Mark(pattern="metadata/*_metadata_view_position.json"),
        ),
        command="priorrg prepare rexgradient {root} {out}",
        out="rexgradient",
        parts=tuple(
            Part(what=f"{split} {what}", patterns=(name, f"metadata/{name}"), required=required)
            for split in ("train", "valid", "test")
            for what, name, required in (
                ("table", f"{split}_metadata_view_position.json", True),
                ("facts", f"{split}_metadata.csv", False),
            )
        ),
        listings=(
            Listing(what="images", read=listed_files.rexgradient_images, archives=("deid_png.part*",)),
        ),
    ),
    Form(
        name="padchest-gr",
        title="PadChest-GR",
        source="padchest-gr",
        marks=(
            Mark(pattern="grounded_reports_*.json"),
            Mark(pattern="master_table.csv", words=("progression_status",)),
        ),
        command="priorrg prepare padchest-gr {root} {out}",
        out="padchest-gr",
        parts=(
            Part(what="grounded reports", patterns=("grounded_reports_*.json",)),
            Part(what="master table", patterns=("master_table.csv",), rows=True),
        ),
        listings=(
            Listing(
                what="images",
                read=listed_files.padchest_images,
                bases=("", "Padchest_GR_files/PadChest_GR/", "Padchest_GR_files/", "PadChest_GR/"),
                archives=("Padchest_GR_files/*.zip*", "*.zip*"),
            ),
        ),
    ),
    Form(
        name="own",
        title="a table of your own",
        source="own",
        marks=tuple(
            Mark(pattern=pattern, columns=("patient", "study"))
            for pattern in ("studies.csv", "studies.csv.gz", "studies.parquet", "*.csv", "*.parquet")
        ),
        command="priorrg prepare own {root} {out}",
        out="own",
        listings=(Listing(what="images", read=listed_files.own_images, endings=("",)),),
    ),
)


def recognise(root: Path) -> list[Form]:
    """Return the forms whose marks are in ``root``, the surest first."""
    found = [form for form in FORMS if any(mark.is_in(root) for mark in form.marks)]
    covered = {name for form in found for name in form.covers}
    return [form for form in found if form.name not in covered]
