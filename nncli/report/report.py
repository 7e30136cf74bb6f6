"""Report: what lies at the paths, as a page or as Markdown."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from nncli.artifacts.open_model import trained_model
from nncli.artifacts.run_directory import FIRST_FOLD
from nncli.artifacts.study_directory import is_study

Form = Literal["html", "md"]


def report_of(paths: Sequence[Path], to: Form, *, has_rows: bool = True) -> tuple[str, str]:
    """(name, text) of one run, or of several; a study is several.

    Raises UserError, CorruptRun or FileFailure.
    """
    if len(paths) > 1 or is_study(paths[0]) or (paths[0] / FIRST_FOLD).is_dir():
        return _of_several(paths, to)
    from nncli.report.html.page import html
    from nncli.report.markdown import markdown
    from nncli.report.of_run import document_of

    document = document_of(trained_model(paths[0]), has_rows=has_rows)
    return document.title, html(document) if to == "html" else markdown(document)


def _of_several(paths: Sequence[Path], to: Form) -> tuple[str, str]:
    from nncli.report.html.overview import overview_html
    from nncli.report.markdown import overview_markdown
    from nncli.report.of_runs import overview_of

    overview = overview_of(paths)
    text = overview_html(overview) if to == "html" else overview_markdown(overview)
    return overview.title, text
