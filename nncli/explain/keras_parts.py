"""What Keras 3 is told in place of each part."""

from nncli.explain.equivalent import Answers, lacks, says

INSIDE = (
    "{name}'s epsilon is inside the root, sqrt(s + epsilon): epsilon^2 = {square:g} comes nearest, "
    "and differs where sqrt(s) is not far above {epsilon:g}"
)
HAT = (
    "Adam's epsilon is not divided by the bias correction: at step 1 it weighs "
    "{times:.3g} times as much as here, later the same"
)

ANSWERS: Answers = {
    "layer": {
        "input": says("keras.Input(({units},))"),
        "dense": says("layers.Dense({units}{keys})"),
        "output": says("layers.Dense({units}{keys})"),
        "activation": says("layers.Activation({function})"),
        "dropout": says("layers.Dropout({rate})"),
        "batch_norm": says(
            "layers.BatchNormalization(momentum={momentum}, epsilon={epsilon}{keys})",
            "BatchNormalization's defaults are momentum=0.99 and epsilon=0.001",
        ),
    },
    "activation": {
        "identity": says('"linear"'),
        "relu": says('"relu"'),
        "leaky_relu": says(
            "layers.LeakyReLU(negative_slope={negative_slope})", "LeakyReLU's default slope is 0.3"
        ),
        "elu": says("layers.ELU(alpha={alpha})"),
        "softplus": says('"softplus"'),
        "sigmoid": says('"sigmoid"'),
        "tanh": says('"tanh"'),
        "silu": says('"silu"'),
        "gelu": says('"gelu"', "gelu is exact by default, as here"),
        "softmax": says('"softmax"'),
    },
    "loss": {
        "rss": says('keras.losses.MeanSquaredError(reduction="sum")'),
        "mse": says("keras.losses.MeanSquaredError()"),
        "half_mse": says(
            "keras.losses.MeanSquaredError()",
            "MeanSquaredError has no factor 1/2: loss_weights has it, not the penalty",
        ),
        "mae": says("keras.losses.MeanAbsoluteError()"),
        "huber": says("keras.losses.Huber(delta={delta})"),
        "poisson": says("keras.losses.Poisson()", "Poisson adds 1e-7 to a inside the logarithm"),
        "binary_cross_entropy": says(
            "keras.losses.BinaryCrossentropy(from_logits=True)",
            "the loss takes scores z (from probabilities it would cut them at 1e-7); "
            "keras.ops.sigmoid(model(x)) gives probabilities",
        ),
        "cross_entropy": says(
            "keras.losses.CategoricalCrossentropy(from_logits=True)",
            "the loss takes scores z (from probabilities it would cut them at 1e-7); "
            "keras.ops.softmax(model(x)) gives probabilities",
        ),
    },
    "regularizer": {
        "l2": says("keras.regularizers.L2({l2})", "L2 is l2 * sum(W^2), as here"),
        "l1": says("keras.regularizers.L1({l1})"),
        "l1_l2": says("keras.regularizers.L1L2(l1={l1}, l2={l2})"),
    },
    "initializer": {
        "zeros": says('"zeros"'),
        "ones": says('"ones"'),
        "constant": says("keras.initializers.Constant({value})"),
        "normal": says("keras.initializers.RandomNormal({mean}, {std})"),
        "uniform": says("keras.initializers.RandomUniform({low}, {high})"),
        "glorot_normal": says('scaling(1.0, "fan_avg")', "glorot_normal would be {cut}"),
        "glorot_uniform": says('"glorot_uniform"'),
        "he_normal": says('scaling(2.0, "fan_in")', "he_normal would be {cut}"),
        "he_uniform": says('"he_uniform"'),
        "lecun_normal": says('scaling(1.0, "fan_in")', "lecun_normal would be {cut}"),
        "lecun_uniform": says('"lecun_uniform"'),
        "scaled": says('scaling(1.0, "fan_in")', "lecun_normal would be {cut}"),
        "from_file": says(
            '"zeros"', "no equivalent: from_file; use model.layers[i].set_weights([W, b])"
        ),
    },
    "optimizer": {
        "sgd": says("SGD({learning_rate}{momentum_keys}{clip})"),
        "gd": says("SGD({learning_rate}{momentum_keys}{clip})"),
        "adagrad": says(
            "Adagrad({learning_rate}, "
            "initial_accumulator_value={initial_accumulator_value}, epsilon={square:g}{clip})",
            INSIDE,
            "Adagrad's squares start from 0.1 by default",
        ),
        "rmsprop": says("RMSprop({learning_rate}, rho={rho}, epsilon={square:g}{clip})", INSIDE),
        "adam": says(
            "Adam({learning_rate}, beta_1={betas[0]}, beta_2={betas[1]}, epsilon={epsilon}{clip})",
            HAT,
            "Adam's defaults are a rate of 0.001 and epsilon=1e-7",
        ),
        "adamw": says(
            "AdamW({learning_rate}, weight_decay={weight_decay}, beta_1={betas[0]}, "
            "beta_2={betas[1]}, epsilon={epsilon}{clip})",
            HAT,
            "AdamW's defaults are a rate of 0.001, epsilon=1e-7 and weight_decay=0.004",
        ),
        "lbfgs": lacks("lbfgs: Keras has no such optimizer"),
    },
    "schedule": {
        "constant": says(""),
        "exponential": says(
            "schedules.ExponentialDecay({base}, {steps}, {shrink!r}, staircase=True)",
            "Keras' schedules count steps: {steps} an interval, and staircase holds the rate",
        ),
        "step": says(
            "schedules.ExponentialDecay({base}, {longer}, {gamma}, staircase=True)",
            "Keras' schedules count steps: {step_size} intervals of {steps}",
        ),
        "inverse_time": says(
            "schedules.InverseTimeDecay({base}, {steps}, {rate}, staircase=True)",
            "Keras' schedules count steps: {steps} an interval, and staircase holds the rate",
        ),
        "cosine": says("", "CosineDecay moves the rate each step, factor(t) each {interval}"),
        "one_cycle": says("", "no equivalent: a class for one_cycle; hence factor(t)"),
        "reduce_on_plateau": says(
            "keras.callbacks.ReduceLROnPlateau({monitor!r}, {gamma}, {patience}, "
            'mode="{mode}", min_delta={min_delta}, min_lr={lowest:.12g})',
            "ReduceLROnPlateau's default min_delta is 0.0001, here it is {min_delta}",
        ),
    },
}
