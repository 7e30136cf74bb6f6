"""Preprocessing keys: the `data.preprocessing` block of a config."""

from dataclasses import field, fields
from typing import Annotated, Literal

from nncli.constraints import Auto, Bounds, Count, PositiveInt
from nncli.data.fitted_categories import Embed, ImputeCategory
from nncli.data.fitted_columns import Impute, Unknown
from nncli.data.nonlinear_scales import NumericScale
from nncli.data.numeric_encodings import BINS, MAX_BINS, Encode
from nncli.data.rare_categories import RareRule
from nncli.data.scaling import Scale
from nncli.data.target_transforms import Transform
from nncli.frozen import frozen

EMBEDDING_SIZE, MAX_ONE_HOT = 8, 8  # RealMLP's defaults; MAX_ONE_HOT: categories


@frozen(kw_only=True)
class Numeric:
    """What is done to each numeric feature, with statistics of the training rows."""

    impute: Annotated[
        Impute | Auto, "how missing numbers are filled; auto: median, none for built-in data"
    ] = "auto"
    missing_indicator: Annotated[
        bool,
        "adds a 0/1 input for each number, boolean or date column with missing training cells",
    ] = False
    scale: Annotated[
        NumericScale | Auto,
        "auto: standard, but none for gates, inline rows and and_float; quantile: to a normal "
        "distribution by rank; robust_clip: by median and quartiles, smoothly limited to +-3",
    ] = "auto"
    encode: Annotated[
        Encode,
        "instead of scaling; piecewise_linear: one input per bin between quantiles of the "
        "training rows: 1 if the value is above the bin, 0 if below, linear within; dates are "
        "still scaled",
    ] = "none"
    bins: Annotated[
        Annotated[int, Bounds(ge=1, le=MAX_BINS)],
        "maximum bins of piecewise_linear; fewer where values repeat",
    ] = BINS
    with_value: Annotated[
        bool,
        "of piecewise_linear: the standardized value is an input too, and the bins then go from 0"
        " to 1/2",
    ] = False

    def __post_init__(self) -> None:
        for key, is_given in (("bins", self.bins != BINS), ("with_value", self.with_value)):
            if self.encode == "none" and is_given:
                raise ValueError(f"{key}: it is for encode: piecewise_linear, and encode is none")

    @property
    def shown_keys(self) -> tuple[str, ...]:
        """The keys that apply to the encoding."""
        unused = {"bins", "with_value"} if self.encode == "none" else set()
        return tuple(key.name for key in fields(self) if key.name not in unused)


@frozen(kw_only=True)
class Categorical:
    """What is done to each feature of categories; the training rows say which there are."""

    impute: Annotated[
        ImputeCategory, "how missing texts are filled; category: missing is a category of its own"
    ] = "most_frequent"
    encode: Annotated[
        Literal["onehot", "embedding"],
        "a 0/1 input for each category, or a trained vector for each",
    ] = "onehot"
    embedding_size: Annotated[
        PositiveInt | Auto, "length of a vector; auto: 8 (Holzmueller et al., 2024)"
    ] = "auto"
    one_hot_max_size: Annotated[
        Count,
        "of embedding: columns of at most this many categories are one-hot encoded all the same",
    ] = MAX_ONE_HOT
    min_count: Annotated[
        PositiveInt, "training rows that a category needs; rarer ones become one category, (rare)"
    ] = 1
    max_categories: Annotated[
        Annotated[int, Bounds(ge=2)] | None,
        "per column: the most frequent ones, and (rare) for the others; null: no limit",
    ] = None
    handle_unknown: Annotated[
        Unknown,
        "a category without training rows; ignore: treated as (rare), or all inputs 0 if there is"
        " no (rare)",
    ] = "ignore"

    def __post_init__(self) -> None:
        defaults = {"embedding_size": "auto", "one_hot_max_size": MAX_ONE_HOT}
        for key, default in defaults.items():
            if self.encode != "embedding" and getattr(self, key) not in (default, EMBEDDING_SIZE):
                raise ValueError(f"{key}: it is for encode: embedding, and encode is onehot")

    @property
    def shown_keys(self) -> tuple[str, ...]:
        """The keys that apply; those of rare categories only if the rule is active."""
        unused = set() if self.rare.is_active else {"min_count", "max_categories"}
        if self.encode != "embedding":
            unused |= {"embedding_size", "one_hot_max_size"}
        return tuple(key.name for key in fields(self) if key.name not in unused)

    @property
    def embed(self) -> Embed | None:
        """The embedding of columns; None for one-hot encoding."""
        if self.encode != "embedding":
            return None
        size = EMBEDDING_SIZE if self.embedding_size == "auto" else self.embedding_size
        return Embed(size, self.one_hot_max_size)

    @property
    def rare(self) -> RareRule:
        """The rule for rare categories."""
        return RareRule(self.min_count, self.max_categories)


@frozen(kw_only=True)
class Target:
    """What is done to a numeric target; metrics are in its own units all the same."""

    transform: Annotated[
        Transform, "transform before scaling: ln(target), ln(1 + target) or its square root"
    ] = "none"
    scale: Annotated[
        Scale | Auto, "auto: as the features, if the output unit can reach any number"
    ] = "auto"


@frozen(kw_only=True)
class PreprocessingKeys:
    """How columns become what a network learns from."""

    numeric: Annotated[Numeric, "numeric features"] = field(default_factory=Numeric)
    categorical: Annotated[Categorical, "categorical features"] = field(default_factory=Categorical)
    target: Annotated[Target, "the target of a regression"] = field(default_factory=Target)
