"""The documentation says what the code does."""

import re
import runpy

import pytest
from pages import DECISIONS, PAGES, ROOT, name_of, text_of, without_blocks

REFERENCE = runpy.run_path(str(ROOT / "docs" / "make_reference.py"))["pages"]()


@pytest.mark.parametrize("path", REFERENCE, ids=lambda path: path.name)
def test_reference_is_what_the_code_says(path):
    assert text_of(path) == REFERENCE[path], "run: python docs/make_reference.py"


def test_the_page_of_commands_names_every_one():
    from nncli.cli.main import COMMANDS

    page = text_of(ROOT / "docs" / "commands.md")
    assert [command for command in COMMANDS if f"| `nncli {command}" not in page] == []


def test_the_page_of_run_directories_names_every_file(train, gate):
    page = text_of(ROOT / "docs" / "run_directory.md")
    found = {name.partition("/")[0] for name in train(gate).files}
    assert [name for name in sorted(found) if f"`{name}" not in page] == []


def test_readme_leads_to_every_page():
    readme = text_of(ROOT / "README.md")
    pages = [name_of(path) for path in PAGES if path.parent == ROOT / "docs"]
    assert [page for page in pages if f"]({page})" not in readme] == []


def test_the_website_has_every_page_in_its_list():
    listed = set(re.findall(r": (\S+\.md)$", text_of(ROOT / "docs" / "site.yml"), re.M))
    pages = {name_of(path).removeprefix("docs/") for path in PAGES if path.parent != ROOT}
    from_root = {"index.md", "security.md", "contributing.md", "changelog.md", "licence.md"}
    assert listed == pages | from_root


@pytest.mark.parametrize("path", [*PAGES, *DECISIONS], ids=name_of)
def test_every_link_leads_somewhere(path):
    links = re.findall(r"\]\(([^)\s]+)\)", without_blocks(text_of(path)))
    inside = [link for link in links if not link.startswith(("http:", "https:", "mailto:"))]
    assert [link for link in inside if not _is_there(path, link)] == []


def _is_there(page, link):
    name, _, heading = link.partition("#")
    target = page.parent / name if name else page
    if not target.exists() or not heading:
        return target.exists()
    titles = re.findall(r"^#+ (.*)$", without_blocks(text_of(target)), re.M)
    return heading in {re.sub(r"[^\w -]", "", it).lower().replace(" ", "-") for it in titles}


def test_architecture_page_names_files_that_are_there_and_quotes_lines_that_stand_in_them():
    page = text_of(ROOT / "docs" / "architecture.md")
    sources = [path for path in (ROOT / "nncli").rglob("*.py") if "__pycache__" not in path.parts]
    known = {path.relative_to(ROOT / "nncli").as_posix() for path in sources}
    code = "\n".join(map(text_of, sources))
    named = set(re.findall(r"`((?:\w+/)*\w+\.py)`", page))
    assert [name for name in named if not any(path.endswith(name) for path in known)] == []
    folders = set(re.findall(r"`((?:\w+/)+)`", page)) - {"docs/decisions/"}
    assert [name for name in folders if not (ROOT / "nncli" / name).is_dir()] == []
    blocks = re.findall(r"```python\n(.*?)```", page, re.S)
    quoted = [line for block in blocks for line in block.splitlines()]
    assert [line for line in quoted if line.strip() not in code] == []


def test_architecture_page_counts_what_the_example_records():
    from nncli.artifacts.loaded_network import load_network
    from nncli.engine.steppers.gradient import GradientStepper

    page = text_of(ROOT / "docs" / "architecture.md")
    job = load_network(ROOT / "configs" / "by_hand.yaml").built.job
    stepper = GradientStepper(job, job.start())
    assert f"theta has {job.network.layout.size} numbers" in page
    assert f"is {len(stepper.gradient_tapes[1].operations)} operations" in page
    assert len(stepper.update_tape.operations) == 2


def test_architecture_page_follows_a_category_to_its_input(tmp_path):
    from nncli.assembly.build import build
    from nncli.config.load import load_text

    (tmp_path / "bread.csv").write_text("bread,y\nrye,2\noat,3\nrye,5\noat,4\n")
    text = "data: {path: bread.csv, target: y, split: none}"
    built = build(*load_text(text, tmp_path / "bread.yaml"))
    assert (built.table.x[0, 0], built.table.categories["bread"]) == (0.0, ("rye", "oat"))
    assert built.preprocessing.features[0].codes["rye"] == 1
    assert built.preprocessing.inputs == ["bread=oat", "bread=rye"]
    assert built.job.train.inputs["x"][0].tolist() == [0.0, 1.0]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_told_to_shells_as_the_page_says(shell, nncli, monkeypatch):
    page = text_of(ROOT / "docs" / "commands.md")
    assert f"_NNCLI_COMPLETE={shell}_source nncli" in page
    monkeypatch.setenv("_NNCLI_COMPLETE", f"{shell}_source")
    done = nncli()
    assert (done.code, done.err) == (0, "")
    assert f"_NNCLI_COMPLETE={shell}_complete" in done.out


def test_completion_knows_commands_and_options(nncli, monkeypatch):
    monkeypatch.setenv("_NNCLI_COMPLETE", "bash_complete")
    for words, count, known in (("nncli ver", 1, "verify"), ("nncli train --res", 2, "--resume")):
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(count))
        assert nncli().out == f"plain,{known}\n"
