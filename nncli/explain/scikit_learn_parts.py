"""What scikit-learn's multilayer perceptrons are told in place of each part."""

from nncli.explain.equivalent import Answers, lacks, says

FOUR = "no equivalent: {0}; activations are identity, logistic, tanh and relu"
RATE = (
    "no equivalent: schedule {0}; learning_rate has 'invscaling' (by rows seen) and 'adaptive' "
    "(/ 5 when the batches' loss stalls)"
)
SQUARED = (
    "MLPRegressor's loss has dz = (a - t) / rows: the gradient here is {times:g} times that, which "
    "learning_rate_init (sgd) or epsilon (adam) makes up for"
)

ANSWERS: Answers = {
    "layer": {
        "input": says("x.shape[1]"),
        "dense": says("hidden_layer_sizes"),
        "output": says("y"),
        "activation": lacks("activation layers"),
        "dropout": lacks("dropout"),
        "batch_norm": lacks("batch_norm"),
    },
    "activation": {
        "identity": says('"identity"'),
        "relu": says('"relu"'),
        "sigmoid": says('"logistic"'),
        "tanh": says('"tanh"'),
        **{
            name: lacks(FOUR.format(name).removeprefix("no equivalent: "))
            for name in ("leaky_relu", "elu", "softplus", "silu", "gelu", "softmax")
        },
    },
    "loss": {
        **{name: says('loss="squared_error"', SQUARED) for name in ("rss", "mse")},
        "half_mse": says('loss="squared_error"', SQUARED),
        "mae": lacks("mae"),
        "huber": lacks("huber; the linear HuberRegressor also fits a scale"),
        "poisson": lacks("poisson; MLPRegressor(loss='poisson') has exp as its output activation"),
        "binary_cross_entropy": says("log_loss"),
        "cross_entropy": says("log_loss"),
    },
    "regularizer": {
        "l2": says(
            "alpha={alpha:.12g}",
            "the penalty is alpha / (2 rows of a batch) * sum(W^2): alpha = 2 l2 rows / {times:g}",
        ),
        "l1": lacks("l1; alpha is for squares"),
        "l1_l2": lacks("l1_l2; alpha is for squares"),
    },
    "initializer": {
        name: lacks(f"initializer {name}; set coefs_ and intercepts_")
        for name in (
            "zeros",
            "ones",
            "constant",
            "normal",
            "uniform",
            "glorot_normal",
            "glorot_uniform",
            "he_normal",
            "he_uniform",
            "lecun_normal",
            "lecun_uniform",
            "scaled",
            "from_file",
        )
    },
    "optimizer": {
        **{
            name: says(
                'solver="sgd", learning_rate_init={inner:.12g}, momentum={momentum}, '
                "nesterovs_momentum={nesterov}",
                "momentum is 0.9 with nesterovs_momentum by default; the rate is inside the "
                "velocity, as here",
            )
            for name in ("sgd", "gd")
        },
        "adam": says(
            'solver="adam", learning_rate_init={learning_rate}, beta_1={betas[0]}, '
            "beta_2={betas[1]}, epsilon={outer:.12g}",
            "adam's epsilon is not divided by the bias correction: at first it weighs more",
        ),
        "adamw": lacks("adamw"),
        "adagrad": lacks("adagrad"),
        "rmsprop": lacks("rmsprop"),
        "lbfgs": says(
            'solver="lbfgs", tol={gradient_tolerance}, max_fun={evaluations}',
            "the same SciPy routine, but it also stops when the loss falls by less than 2.2e-9, "
            "relatively; memory 10 and 20 line-search trials are fixed",
        ),
    },
    "schedule": {
        "constant": says('learning_rate="constant"'),
        **{
            name: lacks(RATE.format(name).removeprefix("no equivalent: "))
            for name in (
                "exponential",
                "step",
                "inverse_time",
                "cosine",
                "one_cycle",
                "reduce_on_plateau",
            )
        },
    },
}
