"""configs/iris.yaml as a scikit-learn script: split, scale, 200 epochs, scores, weights."""

import warnings

import numpy as np
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, f1_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

warnings.simplefilter("ignore", ConvergenceWarning)
x, y = load_iris(return_X_y=True)
x_train, x_rest, y_train, y_rest = train_test_split(
    x, y, train_size=0.7, stratify=y, random_state=42
)
scaler = StandardScaler().fit(x_train)
x_train, x_rest = scaler.transform(x_train), scaler.transform(x_rest)
x_val, _, y_val, _ = train_test_split(
    x_rest, y_rest, train_size=0.5, stratify=y_rest, random_state=42
)
model = MLPClassifier(
    hidden_layer_sizes=[8],
    activation="logistic",
    solver="sgd",
    alpha=0.0,
    batch_size=5,
    learning_rate_init=0.05,
    momentum=0.8,
    nesterovs_momentum=False,
    max_iter=200,
    tol=0.0,
    n_iter_no_change=10**9,
    random_state=42,
).fit(x_train, y_train)
for name, inputs, truth in (("train", x_train, y_train), ("val", x_val, y_val)):
    shares = model.predict_proba(inputs)
    chosen = shares.argmax(axis=1)
    accuracy, f1 = accuracy_score(truth, chosen), f1_score(truth, chosen, average="macro")
    print(name, log_loss(truth, shares), accuracy, f1)
np.savez("weights.npz", *model.coefs_, *model.intercepts_)
