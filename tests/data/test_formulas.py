"""Formulas: what parses equals NumPy's own; what doesn't is one clear line with its place."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nncli.data.formulas.expression import FUNCTIONS, OPERATORS, VARIADIC, Expression
from nncli.data.formulas.parse import MAX_LENGTH, FormulaError, parse
from nncli.data.formulas.polynomial import count_of_terms, terms
from nncli.export.formula_code import in_numpy

ROWS = {
    "a": np.array([-2.0, -0.5, 0.0, 0.3, 1.0, 7.5]),
    "b": np.array([3.0, -1.0, 2.0, 0.0, 0.5, 1e200]),
    "petal length": np.array([1.4, 0.2, 4.9, 1e-9, 0.0, -3.0]),
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a^2", lambda a, b, p: a**2),
        ("a*b - b/4", lambda a, b, p: a * b - b / 4),
        ("-a^2", lambda a, b, p: -(a**2)),
        ("2^-a", lambda a, b, p: 2.0**-a),
        ("2^3^a", lambda a, b, p: 2.0 ** (3.0**a)),
        ("a - b - 1", lambda a, b, p: (a - b) - 1),
        ("`petal length`**2 + 'petal length'*\"a\"", lambda a, b, p: p**2 + p * a),
        ("sin(pi*a) + cos(b) + tan(a)", lambda a, b, p: np.sin(np.pi * a) + np.cos(b) + np.tan(a)),
        ("exp(a) + log(2 + a^2)", lambda a, b, p: np.exp(a) + np.log(2 + a**2)),
        ("log10(9) + floor(b)", lambda a, b, p: np.log10(9) + np.floor(b)),
        ("sqrt(abs(a)) + tanh(b)", lambda a, b, p: np.sqrt(abs(a)) + np.tanh(b)),
        ("min(a, b, 1)", lambda a, b, p: np.minimum(np.minimum(a, b), 1)),
        ("max(a, 0)", lambda a, b, p: np.maximum(a, 0)),
        ("(a < b) + (a >= 1e-3)", lambda a, b, p: (a < b) * 1.0 + (a >= 1e-3)),
        ("(a <= b) + (a > 1) + (a == 1) + (a != 1)",
         lambda a, b, p: (a <= b) * 1.0 + (a > 1) + (a == 1) + (a != 1)),
    ],
)  # fmt: skip
def test_a_formula_is_numpys(text, expected):
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(parse(text)(ROWS), expected(*ROWS.values()))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "character 1: expected a number, a column or a bracket, found the end"),
        ("x^^2", "character 3: expected a number, a column or a bracket, found '^'"),
        ("2x", "character 2: expected a sign such as + or *, found 'x': write * between them"),
        ("sin(x", "character 6: expected ')' for character 1, found the end"),
        ("max(x", "character 6: expected ')' for character 1, found the end (between { and } YAML "
         "ends a formula at its comma: write it in quotes)"),
        ("(x", "character 3: expected ')' for character 1, found the end"),
        ("x)", "character 2: ')' closes no bracket"),
        ("a, b", "character 2: ',' stands between a function's numbers only"),
        ("x = 1", "character 3: unexpected '=': == compares"),
        ("x[0]", "character 2: unexpected '[': brackets are round"),
        ("a..b", "character 2: unexpected '.': a name with such a sign stands in quotes, as "
         "`petal length`"),
        ("`a", "character 1: the name that begins with ` has no ` at its end"),
        ("sin(x, 2)", "character 1: sin is of one number, found 2"),
        ("max(x)", "character 1: max is of two numbers or more, found 1"),
        ("a < b < c", "character 7: expected a sign such as + or *, found '<': one comparison, or "
         "brackets around the first"),
        ("2^10", "character 1: it names no column: a number that never changes teaches nothing"),
        ("x*1e999", "character 3: '1e999' is too large a number"),
        ("(" * 150 + "x", "character 101: more than 100 steps, one in another: make two formulas "
         "of it"),
        ("-" * 900 + "x", "character 1: more than 100 steps, one in another: make two formulas of "
         "it"),
        ("+".join("x" * 300), "character 200: more than 100 steps, one in another: make two "
         "formulas of it"),
        ("x" * 1001, "character 1001: a formula has 1,000 characters at most: use several"),
        ("ln(x)", f"character 1: unknown function 'ln' (write log); known: {', '.join(FUNCTIONS)}"),
        ("sine(x)", "character 1: unknown function 'sine' (did you mean 'sin'?); known: "
         f"{', '.join(FUNCTIONS)}"),
        ("__import__('os')", f"character 1: unknown function '__import__'; known: "
         f"{', '.join(FUNCTIONS)}"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(text, message):
    with pytest.raises(FormulaError) as caught:
        parse(text)
    assert str(caught.value) == message


PIECES = ["x", "a b", "`a b`", "2", ".5", "1e3", "é", "pi", "λx: ", "\\", "\n", "{", "'", "import"]
TEXTS = st.lists(st.sampled_from([*PIECES, *OPERATORS, *FUNCTIONS, "(", ")", ",", " "])).map(
    "".join
)


@settings(max_examples=150)
@given(st.one_of(TEXTS, st.text(max_size=60)))
def test_nothing_but_a_clear_error_comes_out(text):
    found = _tried(text)
    if isinstance(found, FormulaError):
        assert 1 <= found.place <= max(len(text), 1) + 1
        assert str(found).startswith(f"character {found.place}: ")
        assert str(found).isprintable()
    else:
        assert parse(str(found)) == found
        assert len(found({name: np.ones(2) for name in found.columns})) == 2
        assert len(text) <= MAX_LENGTH


def _tried(text):
    try:
        return parse(text)
    except FormulaError as error:
        return error


def _call(name):
    count = st.integers(2, 3) if name in VARIADIC else st.just(1)
    return lambda inner: count.flatmap(
        lambda n: st.tuples(*[inner] * n).map(lambda of: Expression(function=name, arguments=of))
    )


def _signs(inner):
    binary = [sign for sign in OPERATORS if sign != "-x"]
    return st.one_of(
        st.tuples(st.sampled_from(binary), inner, inner).map(
            lambda it: Expression(function=it[0], arguments=it[1:])
        ),
        inner.map(lambda of: Expression(function="-x", arguments=(of,))),
        *(_call(name)(inner) for name in FUNCTIONS),
    )


LEAVES = st.one_of(
    st.sampled_from([*ROWS]).map(lambda name: Expression(column=name)),
    st.floats(0, 1e6).map(lambda number: Expression(number=number)),
)


@settings(max_examples=80)
@given(st.recursive(LEAVES, _signs, max_leaves=8))
def test_a_written_formula_reads_back_and_runs_as_code(tree):
    if not tree.columns:
        return
    assert parse(str(tree)) == tree
    with np.errstate(all="ignore"):
        found = eval(in_numpy(tree, "ROWS[{!r}]".format), {"np": np, "ROWS": ROWS})
        np.testing.assert_array_equal(tree(ROWS), np.asarray(found, float))


def test_polynomial_terms_are_scikit_learns():
    from sklearn.preprocessing import PolynomialFeatures

    made = terms(["x1", "x2", "x3"], 4)
    assert [str(each) for each in made[:6]] == [
        "x1^2", "x1*x2", "x1*x3", "x2^2", "x2*x3", "x3^2",
    ]  # fmt: skip
    assert str(terms(["x1", "x2"], 3)[4]) == "x1^2*x2"
    x = np.random.default_rng(0).normal(size=(20, 3))
    expected = PolynomialFeatures(4, include_bias=False).fit_transform(x)[:, 3:]
    values = dict(zip(["x1", "x2", "x3"], x.T, strict=True))
    np.testing.assert_allclose(np.column_stack([each(values) for each in made]), expected)
    assert count_of_terms(3, 4) == len(made)
