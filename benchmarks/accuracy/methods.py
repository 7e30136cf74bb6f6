"""Methods: how each rival is trained, untouched, on the rows that it is given."""

import contextlib
import io
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy.tables import BenchTable, Loaded

MEMBERS = 8
LEVEL = 0.9


class Answer(dict[str, Any]):
    """`predictions`, (rows,) numbers or (rows, classes) probabilities, of the test rows; `cpu`,
    seconds of fitting; `low` and `high` of intervals, where there are some."""


# ---- ours: what `nncli init` writes, and `nncli train` makes of it


def ours(table: BenchTable, folder: Path, data: Loaded, seed: int, *, quick: bool) -> Answer:
    """`nncli init`, `nncli train` on the rows of the split, and the answers of `nncli.Run`."""
    import pandas

    import nncli
    from nncli.cli.main import run
    from nncli.starter.table_starter import table_starter

    source = table.path(folder)
    text = table_starter(source, [table.target], folder / "x.yaml", is_quick=quick)
    with tempfile.TemporaryDirectory() as own, contextlib.redirect_stdout(io.StringIO()):
        rows = pandas.read_csv(source, dtype=str, keep_default_na=False)
        rows["nn_split"] = np.array(["train", "val", "test"])[data.part]
        rows.to_csv(Path(own) / "t.csv", index=False)
        config = Path(own) / "t.yaml"
        config.write_text(text, encoding="utf-8")
        sets = ["data.path=t.csv", "data.split={type: fixed, column: nn_split}", f"seed={seed}"]
        began = time.process_time()
        code = run(
            ["train", str(config), "-q", "--runs-dir", own, "--set", "output.plots=[]"]
            + ([] if quick else ["--workers", "1"])
            + [word for each in sets for word in ("--set", each)]
        )
        took = time.process_time() - began
        assert code == 0, text
        model = nncli.Run(next(path for path in Path(own).iterdir() if path.is_dir()))
        new = rows[data.part == 2].drop(columns=[table.target, "nn_split"])
        if data.classes is None:
            low, high = model.predict_interval(new, LEVEL)
            return Answer(predictions=model.predict(new), cpu=took, low=low, high=high)
        names = [str(name) for name in model.classes]
        order = [names.index(name) for name in data.classes]
        return Answer(predictions=model.predict_proba(new)[:, order], cpu=took)


# ---- scikit-learn's


def _filled(x: Any) -> Any:
    """Texts, with a missing one as a text of its own."""
    x = x.copy()
    for name in x.columns:
        if x[name].dtype.kind not in "iuf":
            x[name] = x[name].astype(object).where(x[name].notna(), "(missing)").astype(str)
    return x


def _of_kind(x: Any) -> tuple[list[str], list[str]]:
    numbers = [name for name in x.columns if x[name].dtype.kind in "iuf"]
    return numbers, [name for name in x.columns if name not in numbers]


def _one_hot(x: Any) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers, texts = _of_kind(x)
    scaled = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    return ColumnTransformer(
        [("n", scaled, numbers), ("t", OneHotEncoder(handle_unknown="ignore"), texts)],
        sparse_threshold=0.3,
    )


def _ordinal(x: Any) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.preprocessing import OrdinalEncoder

    numbers, texts = _of_kind(x)
    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=np.nan, max_categories=250
    )
    return ColumnTransformer([("t", codes, texts), ("n", "passthrough", numbers)])


def _estimator(name: str, x: Any, seed: int, *, is_number: bool) -> tuple[Any, Any]:
    from sklearn import ensemble, linear_model, neural_network

    texts = len(_of_kind(x)[1])
    if name == "linear":
        ridge, logistic = linear_model.Ridge(), linear_model.LogisticRegression(max_iter=2000)
        return _one_hot(x), ridge if is_number else logistic
    kind = "Regressor" if is_number else "Classifier"
    if name == "MLP":
        return _one_hot(x), getattr(neural_network, f"MLP{kind}")(random_state=seed)
    if name == "random forest":
        return _ordinal(x), getattr(ensemble, f"RandomForest{kind}")(random_state=seed)
    boosted = getattr(ensemble, f"HistGradientBoosting{kind}")
    return _ordinal(x), boosted(random_state=seed, categorical_features=[*range(texts)])


def scikit_learn(name: str, data: Loaded, seed: int) -> Answer:
    """Learns from the validation rows as well, which it doesn't stop by."""
    from sklearn.pipeline import make_pipeline

    x, is_number = _filled(data.x), data.classes is None
    learnt, test = data.part < 2, data.part == 2
    y, shift, scale = data.y, 0.0, 1.0
    if is_number and name == "MLP":  # which needs a scaled target, as ours gets one
        shift, scale = y[learnt].mean(), y[learnt].std()
        y = (y - shift) / scale
    model = make_pipeline(*_estimator(name, x, seed, is_number=is_number))
    began = time.process_time()
    model.fit(x[learnt], y[learnt])
    took = time.process_time() - began
    found = model.predict(x[test]) * scale + shift if is_number else model.predict_proba(x[test])
    return Answer(predictions=found, cpu=took)


# ---- pytabkit's


def pytabkit(name: str, data: Loaded, seed: int, *, members: int = 1) -> Answer:
    """The default of RealMLP-TD or TabM, stopped by the validation rows; bagged, by folds."""
    import pytabkit
    import torch
    from sklearn.model_selection import KFold, StratifiedKFold

    torch.set_num_threads(1)
    is_number, test = data.classes is None, data.part == 2
    learnt = np.flatnonzero(data.part < 2)
    parts = [(np.flatnonzero(data.part == 0), np.flatnonzero(data.part == 1))]
    if members > 1:
        kind = KFold if is_number else StratifiedKFold
        folds = kind(members, shuffle=True, random_state=seed).split(learnt, data.y[learnt])
        parts = [(learnt[train], learnt[val]) for train, val in folds]
    cls = getattr(pytabkit, f"{name}_{'Regressor' if is_number else 'Classifier'}")
    found, took = [], 0.0
    for number, (train, val) in enumerate(parts):
        x = _as_categories(data.x, train)
        model = cls(device="cpu", random_state=seed + 100 * number, n_threads=1)
        began = time.process_time()
        model.fit(x.iloc[train], data.y[train], X_val=x.iloc[val], y_val=data.y[val])
        took += time.process_time() - began
        found.append(model.predict(x[test]) if is_number else model.predict_proba(x[test]))
    return Answer(predictions=np.mean(np.asarray(found, dtype=float), axis=0), cpu=took)


def _as_categories(x: Any, train: np.ndarray) -> Any:
    """Numbers without gaps, texts as categories: what it takes."""
    x = _filled(x)
    numbers, texts = _of_kind(x)
    for name in numbers:
        x[name] = x[name].astype(float).fillna(x[name].iloc[train].median())
    for name in texts:
        x[name] = x[name].astype("category")
    return x


Method = Callable[[BenchTable, Path, Loaded, int], Answer]
METHODS: dict[str, Method] = {
    "nncli": lambda table, folder, data, seed: ours(table, folder, data, seed, quick=False),
    "nncli --quick": lambda table, folder, data, seed: ours(table, folder, data, seed, quick=True),
    "linear": lambda table, folder, data, seed: scikit_learn("linear", data, seed),
    "MLP": lambda table, folder, data, seed: scikit_learn("MLP", data, seed),
    "random forest": lambda table, folder, data, seed: scikit_learn("random forest", data, seed),
    "HGB": lambda table, folder, data, seed: scikit_learn("HGB", data, seed),
    "RealMLP": lambda table, folder, data, seed: pytabkit("RealMLP_TD", data, seed),
    "RealMLP, 8 bagged": lambda table, folder, data, seed: pytabkit(
        "RealMLP_TD", data, seed, members=MEMBERS
    ),
    "TabM": lambda table, folder, data, seed: pytabkit("TabM_D", data, seed),
}


def is_installed(method: str) -> bool:
    """Whether what it needs is there."""
    return not method.startswith(("RealMLP", "TabM")) or find_spec("pytabkit") is not None
