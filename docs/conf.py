"""How the site is made of the pages beside this file: ``make docs`` writes ``build/docs``.

Two folders are written before the pages are read, and git ignores both: ``notebooks``, copies of
the notebooks at the top of the repository, and ``api``, a page for each public part of the
package. Nothing is fetched: no fonts, no scripts, no inventories of other sites.
"""

import ast
import shutil
from collections import Counter
from functools import cache
from pathlib import Path

from sphinx.addnodes import pending_xref

import slth_opt

HERE = Path(__file__).parent
PACKAGE = Path(slth_opt.__file__).parent
NOT_PUBLIC = {"cli", "kernels"}
"""Commands are documented by their help; kernels by the methods that call them."""

project = "slth_opt"
author = "The slth_opt authors"
release = version = slth_opt.__version__
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["**.ipynb_checkpoints"]
nitpicky = False

html_theme = "furo"
html_title = f"slth_opt {release}"
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False

myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_timeout = 180
nb_execution_raise_on_error = True
nb_ipywidgets_js = {}
nb_merge_streams = True

default_role = "code"
add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True, "no-value": True}
napoleon_google_docstring = False
napoleon_use_rtype = False


def fresh_folder(name):
    """Return an empty folder beside this file."""
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def copy_notebooks():
    """Bring the notebooks to where Sphinx looks for pages; return those that need not be run.

    The slow tests leave notebooks that ran well in ``build/notebooks``. One that is newer than
    the notebook and the whole package is shown as it is.
    """
    folder, top = fresh_folder("notebooks"), HERE.parent
    changed = max(path.stat().st_mtime for path in PACKAGE.rglob("*.py"))
    fresh = []
    for notebook in sorted((top / "notebooks").glob("*.ipynb")):
        ran = top / "build" / "notebooks" / notebook.name
        latest = max(changed, notebook.stat().st_mtime)
        is_fresh = ran.exists() and ran.stat().st_mtime > latest
        shutil.copyfile(ran if is_fresh else notebook, folder / notebook.name)
        if is_fresh:
            fresh.append(f"notebooks/{notebook.name}")
    return fresh


def public_parts():
    """Return the modules and packages right inside the package, by name."""
    files = [path.stem for path in PACKAGE.glob("*.py")]
    folders = [path.parent.name for path in PACKAGE.glob("*/__init__.py")]
    names = {name for name in files + folders if not name.startswith("_")}
    return sorted(names - NOT_PUBLIC)


def modules_of(part):
    """Return the modules a page about a part shows.

    A package with ``__all__`` has said what is public; of another one every file is shown.
    """
    name, init = f"slth_opt.{part}", PACKAGE / part / "__init__.py"
    if not init.exists() or "__all__" in init.read_text(encoding="utf-8"):
        return [name]
    inside = sorted({path.name.removesuffix(".py") for path in init.parent.iterdir()})
    return [name, *(f"{name}.{file}" for file in inside if not file.startswith(("_", ".")))]


def page_of(part):
    """Return the text of the page of a part; what `slth_opt` offers itself is on its own page."""
    offered = set(slth_opt.__all__)
    # A function of the package has the name of this module: only one of them can be linked to.
    unlinked = "\n   :no-index:" if part in offered else ""
    directives = "\n\n".join(
        f".. automodule:: {name}\n   :exclude-members: {', '.join(sorted(offered))}{unlinked}"
        for name in modules_of(part)
    )
    return f"# `slth_opt.{part}`\n\n```{{eval-rst}}\n{directives}\n```\n"


def write_api_pages():
    """Write one page for each public part of the package."""
    folder = fresh_folder("api")
    for part in public_parts():
        (folder / f"{part}.md").write_text(page_of(part), encoding="utf-8")


@cache
def names_used_twice():
    """Return the names that more than one class of the package has."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py")]
    names = Counter(n.name for tree in trees for n in tree.body if isinstance(n, ast.ClassDef))
    return {name for name, times in names.items() if times > 1}


def link_only_what_is_clear(app, doctree):
    """Keep a type in a signature from being linked to another class of the same name."""
    ambiguous = names_used_twice()
    for reference in doctree.findall(pending_xref):
        if reference.get("reftarget") in ambiguous and "refspecific" in reference:
            del reference["refspecific"]


def keep_sentences_whole(app, what, name, thing, options, lines):
    """Keep a colon in the first sentence about a value from being read as "type: words".

    Napoleon looks for one in the first line only, so that line is made the first word.
    """
    if what in {"attribute", "data", "property"} and lines:
        lines[0:1] = lines[0].split(" ", 1)


def setup(app):
    """Ask to be told of each docstring, before napoleon is, and of each page that was read."""
    app.connect("autodoc-process-docstring", keep_sentences_whole, priority=400)
    app.connect("doctree-read", link_only_what_is_clear)


nb_execution_excludepatterns = copy_notebooks()
write_api_pages()
