"""The Python side of the same thing: a config's network as a scikit-learn estimator.

    NNClassifier(network={"hidden": [32, 16]}, optimizer={"type": "adam", "learning_rate": 0.003})

The parameters are a config's blocks as plain Python values: what stands in YAML under `network`,
`loss`, `optimizer`, `schedule`, `training`, `evaluation` and `data.preprocessing` can be copied.
The same blocks, rows and seed give the same weights, to the bit, as `nncli train`.
"""

from nncli.sklearn.estimators import NNClassifier, NNRegressor

__all__ = ["NNClassifier", "NNRegressor"]
