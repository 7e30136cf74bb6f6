"""Report: make a page or Markdown from the runs at given paths."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from nncli.artifacts.open_model import trained_model
from nncli.artifacts.run_directory import FIRST_FOLD
from nncli.artifacts.study_directory import StudyDirectory, is_study

Form = Literal["html", "md"]


def report_of(paths: Sequence[Path], to: Form, *, has_rows: bool = True) -> tuple[str, str]:
    """(title, text) of the report of one run or ensemble, or of several runs or a study.

    Raises UserError, CorruptRun or FileFailure.
    """
    if len(paths) > 1 or _has_runs(paths[0]):
        return _of_several(paths, to)
    from nncli.report.html.page import html
    from nncli.report.markdown import markdown
    from nncli.report.model_document import document_of

    document = document_of(trained_model(paths[0]), has_rows=has_rows)
    return document.title, html(document) if to == "html" else markdown(document)


def _has_runs(path: Path) -> bool:
    """Whether a path holds several runs: a study or an older cross-validation, but no ensemble."""
    if is_study(path):
        return StudyDirectory.open(path).facts().kind != "ensemble"
    return (path / FIRST_FOLD).is_dir()


def _of_several(paths: Sequence[Path], to: Form) -> tuple[str, str]:
    from nncli.report.html.overview import overview_html
    from nncli.report.markdown import overview_markdown
    from nncli.report.runs_overview import overview_of

    overview = overview_of(paths)
    text = overview_html(overview) if to == "html" else overview_markdown(overview)
    return overview.title, text
