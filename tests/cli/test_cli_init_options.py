"""`nncli init` is no dead end: each cure is an option of it, and what it writes is accepted."""

import sys
from pathlib import Path

import pytest
import yaml

from nncli.assembly.build import build
from nncli.cli.main import run
from nncli.config.load import load

sys.path.insert(0, str(Path(__file__).parents[1] / "tables"))
from test_bad_tables import CASES, write_case

MIXED = "x;y\n" + "1,5;a\n2,5;b\nnone;a\n" * 10


@pytest.mark.parametrize("name", CASES)
def test_init_refuses_or_writes_what_validate_accepts(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_case(name)
    table = next(iter(sorted(Path().glob("table.*"))))
    code = run(["init", str(table), "--target", "y", "-o", "made.yaml"])
    err = capsys.readouterr().err
    assert code == (0 if Path("made.yaml").exists() else 2), err
    if code == 0:
        assert run(["validate", "made.yaml"]) == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "options", "key"),
    [
        ("1,2,a\n3,4,b\n" * 9, ["--no-header", "--target", "column_3"], "header: false"),
        ("name,2019,y\n" + "p,1,a\nq,2,b\n" * 9, ["--header", "--target", "y"], "header: true"),
        ("x:z:y\n" + "1:2:a\n3:4:b\n" * 9, ["--delimiter", ":", "--target", "y"], "delimiter: "),
        (MIXED, ["--decimal", ",", "--missing", "none", "--target", "y"], "decimal: "),
        ("x,y\n" + "1,0\n2,1\n4,1\n" * 9, ["--task", "regression", "--target", "y"], "task: reg"),
    ],
)
def test_option_becomes_its_key(text, options, key, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(text, encoding="utf-8")
    assert run(["init", "t.csv", *options]) == 0, capsys.readouterr().err
    assert key in Path("t.yaml").read_text(encoding="utf-8")
    assert run(["validate", "t.yaml"]) == 0, capsys.readouterr().err


@pytest.mark.parametrize(("rare", "common"), [("bad", "good"), ("yes", "no")])
def test_costs_that_it_proposes_find_more_of_the_rare_class(
    rare, common, tmp_path, monkeypatch, capsys
):
    """Whichever of the two stands first: it is made the second, the positive one."""
    monkeypatch.chdir(tmp_path)
    rows = [f"{i},{rare if i % 20 == 0 else common}" for i in range(200)]
    Path("t.csv").write_text("\n".join(["x,y", *rows]), encoding="utf-8")
    assert run(["init", "t.csv", "--target", "y", "--quick"]) == 0, capsys.readouterr().err
    text = Path("t.yaml").read_text(encoding="utf-8")
    assert f"of the rows are '{rare}'" in text
    costs = yaml.safe_load(text.partition("or costs: ")[2].splitlines()[0])
    assert costs["false_negative"] == max(costs.values()) > min(costs.values())
    config = yaml.safe_load(text)
    assert config["data"].get("classes", sorted([rare, common])) == [common, rare]  # positive
    assert config["evaluation"]["metrics"][0] == "log_loss"  # which training lessens


@pytest.mark.parametrize(("sign", "plain"), [(",", "{i}.5"), (";", "{i}.5"), (";", "{i}")])
def test_a_column_may_have_a_decimal_sign_of_its_own(sign, plain, tmp_path, monkeypatch, capsys):
    """As quoted cells beside commas have, where the whole file can't."""
    monkeypatch.chdir(tmp_path)
    rows = [[plain.format(i=i % 17), f'"{i * 7 % 11},25"', str(i % 7)] for i in range(80)]
    lines = map(sign.join, [["area", "weight", "y"], *rows])
    Path("t.csv").write_text("\n".join(lines), encoding="utf-8")
    assert run(["init", "t.csv", "--target", "y", "--task", "regression"]) == 0
    said = "column 'weight' has numbers such as '0,25', read with a decimal comma"
    text = Path("t.yaml").read_text(encoding="utf-8")
    if "." in plain:
        assert said in capsys.readouterr().err
        assert 'columns: {weight: {type: numeric, decimal: ","}}' in text
    else:
        assert '  decimal: ","\n' in text  # of the whole file
    assert "#   numeric: area, weight\n" in text
    assert run(["validate", "t.yaml"]) == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    "pair", ["no yes", "nein ja", "Nee Ja", "non oui", "нет да", "не да", "ne ano", "nē jā"]
)
def test_yes_is_the_positive_class_in_some_languages(pair, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    no, yes = pair.split()
    rows = [f"{i},{yes if i % 3 == 0 else no}" for i in range(200)]
    Path("t.csv").write_text("\n".join(["x,y", *rows]), encoding="utf-8")
    assert run(["init", "t.csv", "--target", "y", "--quick"]) == 0, capsys.readouterr().err
    config = yaml.safe_load(Path("t.yaml").read_text(encoding="utf-8"))
    assert config["data"].get("classes", sorted(pair.split())) == [no, yes]
    assert run(["validate", "t.yaml"]) == 0, capsys.readouterr().err


def test_table_of_texts_alone_has_no_lines_about_numbers(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = [f"{'abc'[i % 3]},{'de'[i % 2]}" for i in range(60)]
    Path("t.csv").write_text("\n".join(["x,y", *rows]), encoding="utf-8")
    assert run(["init", "t.csv", "--target", "y"]) == 0, capsys.readouterr().err
    assert "numeric" not in Path("t.yaml").read_text(encoding="utf-8")
    assert run(["validate", "t.yaml"]) == 0, capsys.readouterr().err


def test_what_is_left_to_mend_is_said_where_rows_lack_the_target(tmp_path, monkeypatch, capsys):
    """Rows without it can be dropped: that isn't what keeps the table from being read."""
    monkeypatch.chdir(tmp_path)
    rows = [f"{i},{['a', 'b', ''][i % 3]}" for i in range(60)]
    Path("t.csv").write_text("\n".join(["x,y", *rows, "60,lone"]), encoding="utf-8")
    assert run(["init", "t.csv", "--target", "y"]) == 2
    assert "class 'lone' has this row alone" in capsys.readouterr().err


def test_header_taken_for_data_names_the_option(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("name,2019,y\n" + "p,1,a\nq,2,b\n" * 9, encoding="utf-8")
    assert run(["init", "t.csv", "--target", "y"]) == 2
    assert "--header if it has the names" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([-1, 0, 1], "3 different numbers, not 0, 1, 2 ... of ten rows each, are amounts: say "),
        ([3, 4, 5, 6, 7, 8], "say data.task: classification if they are not"),
        (
            [0, 1, 2, 3, 4, 5],
            "6 whole numbers in a row from 0 or 1 name classes: say data.task: re",
        ),
        ([0, 1], "a target of 2 numbers names classes: say data.task: regression"),
    ],
)
def test_choice_of_the_task_is_said_with_its_key(values, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = "".join(f"{i * 37 % 101}.5,{values[i % len(values)]}\n" for i in range(90))
    Path("t.csv").write_text("x,y\n" + rows, encoding="utf-8")
    assert run(["init", "t.csv", "--target", "y"]) == 0
    assert said in Path("t.yaml").read_text(encoding="utf-8")
    capsys.readouterr()
    assert run(["validate", "t.yaml"]) == 0
    assert said in capsys.readouterr().out
    assert run(["validate", "t.yaml", "--set", "data.task=regression"]) in (0, 2)
    assert said not in capsys.readouterr().out


MONEY = "id;since;paid;discount;left\n" + "".join(
    f"{i};{i % 18 + 10}.02.2021;{i % 3}.{i:03},50 €;{i % 40},5 %;{'yes' if i % 3 else 'no'}\n"
    for i in range(100, 180)
)


@pytest.mark.parametrize(
    ("target", "task"), [("left", "auto"), ("paid", "auto"), ("paid", "regression")]
)
def test_numbers_with_units_are_read_so_and_the_key_that_overrules_it_is_said(
    target, task, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(MONEY, encoding="utf-8")
    assert run(["init", "t.csv", "--target", target, "--task", task]) == 0
    said = "column 'discount' has numbers such as '20,5 %', read as 20.5 (if the column is text, "
    assert f"{said}data.columns: {{discount: categorical}})" in capsys.readouterr().err
    config = yaml.safe_load(Path("t.yaml").read_text(encoding="utf-8"))
    assert config["data"]["columns"] == {
        "paid": {"type": "numeric", "thousands": ".", "suffix": "€", "decimal": ","},
        "discount": {"type": "numeric", "suffix": "%", "decimal": ","},
    }
    assert run(["validate", "t.yaml"]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("sign", [";", ","])
@pytest.mark.parametrize("paid", ["{i}.5", "{i},{i:03}.5", "${i},{i:03}.5"])
def test_signs_between_thousands_are_read_so_wherever_the_decimal_sign_is_known(
    sign, paid, tmp_path, monkeypatch, capsys
):
    """German beside semicolons, English beside commas, in one column or in two."""
    monkeypatch.chdir(tmp_path)
    rows = [[paid.format(i=i), f"{i},{i:03}", f"{i}.5", str(i % 7)] for i in range(100, 180)]
    turned = str.maketrans(".,", ",.") if sign == ";" else {}
    lines = [[f'"{cell.translate(turned)}"' for cell in row] for row in rows]
    text = "\n".join(map(sign.join, [["paid", "people", "area", "y"], *lines]))
    Path("t.csv").write_text(text, encoding="utf-8")
    assert run(["init", "t.csv", "--target", "y", "--task", "regression"]) == 0
    assert "column 'people' has numbers such as" in capsys.readouterr().err
    table = build(*load(Path("t.yaml"))).table
    assert table.column("people").values[:2].tolist() == [100100, 101101]
    assert table.column("paid").values[0] == (100.5 if paid == "{i}.5" else 100100.5)
    assert table.column("area").values[:2].tolist() == [100.5, 101.5]


OPEN_DATES = "paid,monthly,posted,shop,left\n" + "".join(
    f"{i % 12 + 1:02}/{i % 11 + 1:02}/2021,01/{i % 12 + 1:02}/2021,{i % 5 + 1}.{i % 12 + 1}.21,"
    f"{('NA', 'EU', 'NA', 'US')[i % 4]},{'yes' if i % 3 else 'no'}\n"
    for i in range(80)
)


def test_dates_of_which_either_number_may_be_the_day_are_guessed_and_said(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(OPEN_DATES, encoding="utf-8")
    assert run(["init", "t.csv", "--target", "left"]) == 0
    err = capsys.readouterr().err
    told = {
        "paid": ("01/01/2021", "month", "%d/%m/%Y"),
        "monthly": ("01/01/2021", "day", "%m/%d/%Y"),
        "posted": ("1.1.21", "day", "%m.%d.%y"),
    }
    for name, (example, first, other) in told.items():
        cure = f'data.columns: {{{name}: {{type: date, format: "{other}"}}}}'
        assert (
            f"note: column '{name}': dates such as '{example}' are taken to begin with the {first};"
            f" {cure} if they don't\n"
        ) in err
    config = yaml.safe_load(Path("t.yaml").read_text(encoding="utf-8"))
    assert config["data"]["columns"] == {
        "paid": {"type": "date", "format": "%m/%d/%Y"},
        "monthly": {"type": "date", "format": "%d/%m/%Y"},
        "posted": {"type": "date", "format": "%d.%m.%y"},
    }
    assert run(["validate", "t.yaml"]) == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    ("other", "form"), [("31/12/2021", "%d/%m/%Y"), ("12/31/2021", "%m/%d/%Y")]
)
def test_dates_of_a_file_are_taken_to_be_written_alike(other, form, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rows = [f"{i % 12 + 1}/{i % 11 + 1}/2021,{other},{i % 3}\n" for i in range(80)]
    Path("t.csv").write_text("ordered,sent,late\n" + "".join(rows), encoding="utf-8")
    assert run(["init", "t.csv", "--target", "late"]) == 0, capsys.readouterr().err
    config = yaml.safe_load(Path("t.yaml").read_text(encoding="utf-8"))
    assert config["data"]["columns"] == {"ordered": {"type": "date", "format": form}}


def test_what_many_cells_have_and_is_taken_for_no_value_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(OPEN_DATES, encoding="utf-8")
    assert run(["init", "t.csv", "--target", "left"]) == 0
    said = "column 'shop': 'NA' (40) of 80 cells: taken for no value; if 'NA' is a category, "
    assert f'note: {said}data.columns: {{shop: {{values: ["NA"]}}}}\n' in capsys.readouterr().err
    assert f"# {said}" in Path("t.yaml").read_text(encoding="utf-8")


def test_count_with_lone_values_is_told_how_to_be_an_amount(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    counts = [*range(6)] * 14 + [6, 7]
    rows = [f"{(i * 37) % 91},{count}" for i, count in enumerate(counts)]
    Path("t.csv").write_text("\n".join(["x,sold", *rows]), encoding="utf-8")
    assert run(["init", "t.csv", "--target", "sold"]) == 2
    err = capsys.readouterr().err
    assert "if the target is an amount, data.task: regression" in err
    assert "(nncli init: --task TASK)" in err
