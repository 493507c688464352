"""The page of an evaluation."""

import re

import pytest
from tests.unit.gallery.structure import HOSTILE, Structure

from priorrg.evaluation import evaluate_reports, write_html
from priorrg.gallery.pairs import MOST_WORDS, choose, differences
from priorrg.metrics.material import Material


def material(texts, **more):
    ids = [f"i{number}" for number in range(len(texts))]
    references, generated = zip(*texts, strict=True)
    return Material(ids=ids, generated=generated, references=references, patients=ids, **more)


@pytest.fixture
def page(tmp_path):
    def write(of, baseline=None):
        table = tmp_path / "reports.csv"
        table.write_text("id\n")
        other = None if baseline is None else (table, baseline)
        evaluation = evaluate_reports(table, of, ["rouge_l", "lcc"], baseline=other, by_group=True)
        path = tmp_path / "page.html"
        write_html(path, evaluation)
        return path.read_text(encoding="utf-8")

    return write


TEXTS = [
    ("Stable left effusion.", "Stable left effusion."),
    ("New edema.", "Clear."),
    ("Larger heart.", "Larger heart."),
]


def test_the_page_needs_nothing_from_elsewhere_and_no_script(page):
    text = page(material(TEXTS, groups={"view": ["PA", "AP", "PA"]}), baseline=material(TEXTS[:2]))
    found = Structure(text)
    assert not {"script", "link", "img", "iframe", "object"} & set(found.tags)
    assert not [value for _, name, value in found.attributes if name.startswith("on") or name == "src"]
    assert not re.search(r"url\(|https?:", text)
    assert [value for tag, name, value in found.attributes if (tag, name) == ("html", "lang")] == ["en"]


def test_every_table_has_a_caption_and_every_link_leads_somewhere(page):
    found = Structure(page(material(TEXTS, groups={"view": ["PA", "AP", "PA"]})))
    assert found.tags.count("caption") == found.tags.count("table") > 2
    there = {value for _, name, value in found.attributes if name == "id"}
    links = {value for tag, name, value in found.attributes if (tag, name) == ("a", "href")}
    assert {link.removeprefix("#") for link in links} <= there


def test_hostile_text_is_text(page):
    hostile = Material(
        ids=[HOSTILE],
        generated=[HOSTILE],
        references=["No " + HOSTILE],
        indications=[HOSTILE],
        groups={"view": [HOSTILE]},
        notices=[HOSTILE],
    )
    text = page(hostile, baseline=hostile)
    assert "<script" not in text
    assert "<img" not in text
    Structure(text)


def test_a_page_without_references_has_scores_and_no_pairs(tmp_path):
    table = tmp_path / "reports.csv"
    table.write_text("id\n")
    evaluation = evaluate_reports(table, Material(ids=["a"], generated=["Stable."]), by_group=True)
    write_html(tmp_path / "page.html", evaluation)
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Prior mention" in text
    assert "worst reports" not in text


def test_colours_have_a_dark_side(page):
    assert "prefers-color-scheme: dark" in page(material(TEXTS))


def test_words_of_one_text_alone_are_marked():
    one, other = differences(["the", "heart", "is", "large"], ["The", "heart", "is", "normal"])
    assert [(run.text, run.shared) for run in one] == [("the heart is", True), ("large", False)]
    assert [(run.text, run.shared) for run in other] == [("The heart is", True), ("normal", False)]


def test_the_worst_are_those_that_affirm_other_observations_and_typical_ones_are_drawn_from_the_rest():
    texts = [("Clear lungs.", "Clear lungs.")] * 8 + [("Left effusion. Cardiomegaly.", "Edema.")]
    worst, typical = choose(material(texts), each=2)
    assert worst[0].name == "i8"
    assert set(worst[0].unlike) == {"pleural effusion", "cardiomegaly", "pulmonary edema"}
    assert len(typical) == 2
    assert not {pair.name for pair in worst} & {pair.name for pair in typical}


def test_of_a_very_long_text_the_beginning_is_shown_and_the_rest_counted():
    ((pair,), _) = choose(material([("word " * 20_000, "word")]))
    assert pair.more == (20_000 - MOST_WORDS, 0)
