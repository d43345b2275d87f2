"""The page of a run: one file, nothing from outside, every number where it belongs."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from slth_opt.plots import draw_svg, plot_comparison, plot_trade_off
from slth_opt.report import Picture, Report, Sheet, write_report
from tests.comparison_rows import many

VOID = {"meta", "br", "img", "link"}


def parsed(page):
    """Return (tag, attributes) of every element; every element that opens must close in order."""
    seen, opened = [], []

    def start(tag, attributes):
        seen.append((tag, dict(attributes)))
        if tag not in VOID:
            opened.append(tag)

    parser = HTMLParser()
    parser.handle_starttag = start
    parser.handle_startendtag = lambda tag, attributes: seen.append((tag, dict(attributes)))

    def end(tag):
        assert opened.pop() == tag

    parser.handle_endtag = end
    parser.feed(page)
    assert opened == []
    return seen


def page_of(*parts, **said):
    told = {"title": "T", "command": "slth x", "summary": "S.", "facts": (), **said}
    return Report(parts=parts, **told).html()


def whole_page():
    rows = many()
    parts = [
        Picture(title=name, svg=draw_svg(plot, rows, prefix=f"{name}-"), caption="c")
        for name, plot in (("one", plot_comparison), ("two", plot_trade_off))
    ]
    return page_of(*parts, Sheet(title="t", header=("a", "b"), rows=[("x", "1")]))


def test_a_page_fetches_nothing():
    """No script, no style sheet, no picture and no font comes from anywhere but the page."""
    page = whole_page()
    seen = parsed(page)
    assert {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in seen} == set()
    assert [a for _, a in seen if "src" in a or "srcset" in a] == []
    links = [v for _, a in seen for name, v in a.items() if name.endswith("href")]
    assert [link for link in links if not link.startswith("#")] == []
    assert "@import" not in page
    assert [url for url in re.findall(r"url\(([^)]*)\)", page) if not url.startswith("#")] == []


def test_ids_are_unique_and_links_lead_to_them():
    """Two figures in one page do not share an id, and every link leads to one."""
    seen = parsed(whole_page())
    ids = [a["id"] for _, a in seen if "id" in a]
    assert len(ids) == len(set(ids))
    links = {v[1:] for _, a in seen for name, v in a.items() if name.endswith("href")}
    assert links <= set(ids)


def test_figures_are_described():
    """A figure tells readers who cannot see it what it is."""
    titles = [a.get("aria-label") for tag, a in parsed(whole_page()) if tag == "svg"]
    assert titles == ["one", "two"]


@pytest.mark.parametrize("where", ["title", "command", "summary"])
def test_words_stay_words(where):
    """What a user typed is shown and never becomes part of the page."""
    typed = "slth x '<script>alert(1)</script>' & \"y\""
    page = page_of(**{where: typed})
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_cells_and_facts_stay_words():
    """Cells, captions and facts are escaped as well."""
    sheet = Sheet(title="<b>", header=("<i>",), rows=[("<u>",)], caption="<s>")
    page = page_of(sheet, facts=[("<q>", "<p>")])
    assert {"b", "i", "u", "s", "q"} & {tag for tag, _ in parsed(page)} == set()


def test_columns_of_numbers_are_flush_right():
    """A column is set flush right when all its cells are numbers or dashes."""
    rows = [("a", "1,000", "1e-07", "-"), ("b", "-2.5", "x", "-")]
    page = page_of(Sheet(title="t", header=("p", "q", "r", "s"), rows=rows))
    flush = re.findall(r'<th scope="col"( class="n")?>(\w)', page)
    assert [name for right, name in flush if right] == ["q", "s"]


def test_a_table_may_be_empty():
    """A table without rows still has its header."""
    page = page_of(Sheet(title="t", header=("p", "q"), rows=[]))
    assert [tag for tag, _ in parsed(page) if tag in ("th", "td")] == ["th", "th"]


def test_the_file_is_the_page(tmp_path):
    """What is written is the page, in UTF-8."""
    report = Report(title="Grüße", command="slth x", summary="", facts=(), parts=())
    write_report(tmp_path / "r.html", report)
    assert (tmp_path / "r.html").read_text(encoding="utf-8") == report.html()
