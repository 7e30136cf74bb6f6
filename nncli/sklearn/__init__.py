"""scikit-learn estimators: a config's network as a classifier or regressor.

    NNClassifier(network={"hidden": [32, 16]}, optimizer={"type": "adam", "learning_rate": 0.003})

The parameters are a config's blocks as plain Python values: what YAML has under `network`, `loss`,
`optimizer`, `schedule`, `training`, `evaluation` and `data.preprocessing` can be copied. The same
blocks, rows and seed give the same weights, to the bit, as `nncli train`.
"""

from nncli.sklearn.estimators import NNClassifier, NNRegressor

__all__ = ["NNClassifier", "NNRegressor"]
