"""The HTML page of a run: one file that says what was asked, with tables and figures inside it.

Nothing is fetched from anywhere: styles and pictures are part of the page, and there is no script.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from slth_opt.json_files import write_text

STYLE = """\
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1b1b1b; background: #fff;
  max-width: 64rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; line-height: 1.2; } h2 { font-size: 1.25rem; margin-top: 2.2rem; }
pre { background: #f3f3f3; padding: .7rem .9rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: #444; padding-bottom: .4rem; }
th, td { text-align: left; padding: .25rem .7rem .25rem 0; border-bottom: 1px solid #ddd;
  white-space: nowrap; }
th { vertical-align: bottom; border-bottom: 2px solid #888; }
td.n, th.n { text-align: right; }
figure { margin: 0; } figure svg { width: 100%; height: auto; max-width: 52rem; }
figcaption, p { max-width: 46rem; } figcaption { color: #444; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; }
dt { color: #555; } dd { margin: 0; overflow-wrap: anywhere; }
footer { margin-top: 3rem; color: #666; font-size: .85rem; }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A few paragraphs under a heading, and the command lines they are about.

    Examples
    --------
    >>> said = Words(title="A < B", paragraphs=("One.", "Two."), commands=("slth x",))
    >>> said.html().splitlines()
    ['<h2>A &lt; B</h2>', '<p>One.</p>', '<p>Two.</p>', '<pre>slth x</pre>']
    """

    title: str
    paragraphs: Sequence[str]
    commands: Sequence[str] = ()

    def html(self) -> str:
        """Return them as part of a page."""
        words = _said(self.paragraphs).rstrip()
        return f"<h2>{escape(self.title)}</h2>\n{words}{_typed(self.commands)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A figure as an SVG element, what it shows, and the command lines that make its numbers.

    The paragraphs stand above it, the caption and the command lines below.
    """

    title: str
    svg: str
    caption: str
    paragraphs: Sequence[str] = ()
    commands: Sequence[str] = ()

    def html(self) -> str:
        """Return it as part of a page."""
        label = f'<svg role="img" aria-label="{escape(self.title)}"'
        drawn = self.svg.replace("<svg", label, 1)
        caption = f"<figcaption>{escape(self.caption)}</figcaption>"
        figure = f"<figure>\n{drawn}\n{caption}\n</figure>"
        words = _said(self.paragraphs)
        return f"<h2>{escape(self.title)}</h2>\n{words}{figure}{_typed(self.commands)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table: columns whose cells all are numbers are set flush right."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""

    def html(self) -> str:
        """Return it as part of a page."""
        columns = list(zip(*self.rows, strict=True)) or [()] * len(self.header)
        right = [bool(cells) and all(map(_is_number, cells)) for cells in columns]
        head = "".join(
            f'<th scope="col"{_side(flush)}>{escape(cell)}</th>'
            for cell, flush in zip(self.header, right, strict=True)
        )
        body = "\n".join(
            "<tr>"
            + "".join(
                f"<td{_side(flush)}>{escape(cell)}</td>"
                for cell, flush in zip(row, right, strict=True)
            )
            + "</tr>"
            for row in self.rows
        )
        caption = f"<caption>{escape(self.caption)}</caption>\n" if self.caption else ""
        return (
            f'<h2>{escape(self.title)}</h2>\n<div class="wide"><table>\n{caption}'
            f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One page.

    Parameters
    ----------
    title
        What it is about.
    command
        The command line that makes it again.
    summary
        One sentence.
    facts
        Labels and what stands beside them.
    parts
        Words, pictures and tables, in order.
    written_by
        The program and its version.

    Examples
    --------
    >>> sheet = Sheet(title="Errors", header=("who", "error"), rows=[("a < b", "0.5")])
    >>> page = Report(title="T", command="slth x", summary="S.", facts=(), parts=(sheet,)).html()
    >>> "<td>a &lt; b</td>" in page, "<pre>slth x</pre>" in page
    (True, True)
    """

    title: str
    command: str
    summary: str
    facts: Sequence[tuple[str, str]]
    parts: Sequence[Words | Picture | Sheet]
    written_by: str = "slth_opt"

    def html(self) -> str:
        """Return the whole page."""
        facts = "\n".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in self.facts)
        parts = "\n".join(part.html() for part in self.parts)
        return (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{escape(self.title)}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
            f"<h1>{escape(self.title)}</h1>\n<p>{escape(self.summary)}</p>\n"
            f"<pre>{escape(self.command)}</pre>\n<dl>\n{facts}\n</dl>\n{parts}\n"
            f"<footer>Written by {escape(self.written_by)}.</footer>\n</body>\n</html>\n"
        )


def write_report(path: str | Path, report: Report) -> None:
    """Write a page, whole or not at all.

    Examples
    --------
    >>> import tempfile
    >>> report = Report(title="T", command="slth x", summary="S.", facts=(), parts=())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_report(f"{folder}/report.html", report)
    ...     Path(f"{folder}/report.html").read_text()[:15]
    '<!DOCTYPE html>'
    """
    write_text(path, report.html())


def _said(paragraphs: Sequence[str]) -> str:
    return "".join(f"<p>{escape(paragraph)}</p>\n" for paragraph in paragraphs)


def _typed(commands: Sequence[str]) -> str:
    """Return command lines as they are typed, if there are any."""
    return f"\n<pre>{escape(chr(10).join(commands))}</pre>" if commands else ""


def _is_number(cell: str) -> bool:
    if cell == "-":
        return True
    try:
        float(cell.removesuffix(" x").removesuffix(" %").replace(",", ""))
    except ValueError:
        return False
    return True


def _side(flush: bool) -> str:
    return ' class="n"' if flush else ""
