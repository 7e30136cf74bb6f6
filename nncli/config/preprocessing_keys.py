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
        Impute | Auto, "what stands in for a missing number; auto: median, none for built-in data"
    ] = "auto"
    missing_indicator: Annotated[
        bool,
        "an input more, of 0 or 1, for each number, boolean or date that training rows lack",
    ] = False
    scale: Annotated[
        NumericScale | Auto,
        "auto: standard, but none for gates, inline rows and and_float; quantile: to a normal "
        "distribution by rank; robust_clip: by median and quartiles, bent to stay within +-3",
    ] = "auto"
    encode: Annotated[
        Encode,
        "instead of scaling; piecewise_linear: an input for each bin between quantiles of the "
        "training rows, 1 below the value, 0 above it, linear within; dates are scaled still",
    ] = "none"
    bins: Annotated[
        Annotated[int, Bounds(ge=1, le=MAX_BINS)],
        "of piecewise_linear; fewer where values repeat",
    ] = BINS
    with_value: Annotated[
        bool,
        "of piecewise_linear: the value, by mean and standard deviation, is an input too, beside "
        "bins that then go from 0 to 1/2",
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
        ImputeCategory, "what stands in for a missing one; category: missing is one of its own"
    ] = "most_frequent"
    encode: Annotated[
        Literal["onehot", "embedding"],
        "an input of 0 or 1 for each category, or a vector for each, which training moves",
    ] = "onehot"
    embedding_size: Annotated[
        PositiveInt | Auto, "numbers of a vector; auto: 8 (Holzmueller et al., 2024)"
    ] = "auto"
    one_hot_max_size: Annotated[
        Count, "of embedding; columns of so few categories have an input for each all the same"
    ] = MAX_ONE_HOT
    min_count: Annotated[
        PositiveInt, "training rows that a category needs; rarer ones are taken for one, (rare)"
    ] = 1
    max_categories: Annotated[
        Annotated[int, Bounds(ge=2)] | None,
        "of a column; the most frequent, then (rare); null: any number",
    ] = None
    handle_unknown: Annotated[
        Unknown,
        "a category that no training row has; ignore: it is as the rare ones or, where there are "
        "none, all its inputs are 0",
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
        Transform, "before scaling: ln(target), ln(1 + target) or its square root"
    ] = "none"
    scale: Annotated[
        Scale | Auto, "auto: as the features, if the output unit can reach any number"
    ] = "auto"


@frozen(kw_only=True)
class PreprocessingKeys:
    """How columns become what a network learns from."""

    numeric: Annotated[Numeric, "features that are numbers"] = field(default_factory=Numeric)
    categorical: Annotated[Categorical, "features that are texts"] = field(
        default_factory=Categorical
    )
    target: Annotated[Target, "what is predicted, in a regression"] = field(default_factory=Target)
