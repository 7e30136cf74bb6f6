"""What PyTorch is told in place of each part."""

from nncli.explain.equivalent import Answers, says

DECAY = (
    "the penalty is in the objective; weight_decay={decay} of SGD has the same gradient, but would "
    "shrink biases too unless they are a parameter group of their own"
)

ANSWERS: Answers = {
    "layer": {
        "input": says(""),
        "dense": says("nn.Linear({inputs}, {outputs})"),
        "output": says("nn.Linear({inputs}, {outputs})"),
        "activation": says("{function}"),
        "dropout": says("nn.Dropout({rate})"),
        "batch_norm": says(
            "nn.BatchNorm1d({inputs}, eps={epsilon}, momentum={rest:.12g})",
            "BatchNorm1d's momentum is the share of the new batch: 1 - {momentum} = {rest:.12g}",
            "BatchNorm1d's running variance is the batch's times n / (n - 1): training is the "
            "same, evaluation differs a little; a batch of one row is an error",
        ),
    },
    "activation": {
        "identity": says("nn.Identity()"),
        "relu": says("nn.ReLU()"),
        "leaky_relu": says("nn.LeakyReLU({negative_slope})"),
        "elu": says("nn.ELU({alpha})"),
        "softplus": says("nn.Softplus()", "Softplus is z itself above z = 20: 2e-9 less"),
        "sigmoid": says("nn.Sigmoid()"),
        "tanh": says("nn.Tanh()"),
        "silu": says("nn.SiLU()"),
        "gelu": says("nn.GELU()", "GELU's default is exact, as here; approximate='tanh' is not"),
        "softmax": says("nn.Softmax(dim=1)"),
    },
    "loss": {
        "rss": says("nn.MSELoss({reduction})"),
        "mse": says("nn.MSELoss({reduction})"),
        "half_mse": says("nn.MSELoss({reduction})", "MSELoss has no factor 1/2: it stands outside"),
        "mae": says("nn.L1Loss({reduction})", "L1Loss has the gradient 0 at 0, as here"),
        "huber": says(
            "nn.HuberLoss(delta={delta}{more})", "SmoothL1Loss(beta={delta}) is this / {delta}"
        ),
        "poisson": says(
            "nn.PoissonNLLLoss(log_input=False, eps=0.0{more})",
            "PoissonNLLLoss would by default take ln(a) as its input",
        ),
        "binary_cross_entropy": says(
            "nn.BCEWithLogitsLoss({reduction})",
            "BCEWithLogitsLoss takes scores z; model(x).sigmoid() gives probabilities",
        ),
        "cross_entropy": says(
            "nn.CrossEntropyLoss({reduction})",
            "CrossEntropyLoss takes scores z; model(x).softmax(1) gives probabilities",
            "t may be class indices too; these are one-hot",
        ),
    },
    "regularizer": {
        "l2": says("{l2} * {W}.square().sum()", DECAY),
        "l1": says("{l1} * {W}.abs().sum()"),
        "l1_l2": says("{l1} * {W}.abs().sum() + {l2} * {W}.square().sum()"),
    },
    "initializer": {
        "zeros": says("nn.init.zeros_({tensor})"),
        "ones": says("nn.init.ones_({tensor})"),
        "constant": says("nn.init.constant_({tensor}, {value})"),
        "normal": says("nn.init.normal_({tensor}, {mean}, {std})"),
        "uniform": says("nn.init.uniform_({tensor}, {low}, {high})"),
        "glorot_normal": says("nn.init.xavier_normal_({tensor})"),
        "glorot_uniform": says("nn.init.xavier_uniform_({tensor})"),
        "he_normal": says('nn.init.kaiming_normal_({tensor}, nonlinearity="relu")'),
        "he_uniform": says('nn.init.kaiming_uniform_({tensor}, nonlinearity="relu")'),
        "lecun_normal": says('nn.init.kaiming_normal_({tensor}, nonlinearity="linear")'),
        "lecun_uniform": says('nn.init.kaiming_uniform_({tensor}, nonlinearity="linear")'),
        "scaled": says('nn.init.kaiming_normal_({tensor}, nonlinearity="linear")'),
        "from_file": says('{tensor}.data = torch.tensor({load}["{name}"].T)'),
    },
    "optimizer": {
        "sgd": says("torch.optim.SGD({parameters}, lr={learning_rate}{momentum_keys})"),
        "gd": says("torch.optim.SGD({parameters}, lr={learning_rate}{momentum_keys})"),
        "adagrad": says(
            "torch.optim.Adagrad({parameters}, lr={learning_rate}, "
            "initial_accumulator_value={initial_accumulator_value}, eps={epsilon})",
            "Adagrad's default eps is 1e-10, here it is {epsilon}",
        ),
        "rmsprop": says(
            "torch.optim.RMSprop({parameters}, lr={learning_rate}, alpha={rho}, eps={epsilon})",
            "RMSprop's defaults are lr=0.01, alpha=0.99 and eps=1e-8",
        ),
        "adam": says(
            "torch.optim.Adam({parameters}, lr={learning_rate}, betas={betas}, eps={epsilon})",
            "Adam's default lr is 0.001, here it is {learning_rate}",
        ),
        "adamw": says(
            "torch.optim.AdamW({parameters}, lr={learning_rate}, betas={betas}, eps={epsilon}, "
            "weight_decay={weight_decay})",
            "AdamW's decay reaches biases, as here",
        ),
        "lbfgs": says(
            "torch.optim.LBFGS({parameters}, max_iter={epochs}, max_eval={evaluations}, "
            "history_size={history}, tolerance_grad={gradient_tolerance}, tolerance_change=0.0, "
            'line_search_fn="strong_wolfe")',
            "LBFGS has another line search and first step: the way to the minimum differs",
        ),
    },
    "schedule": {
        "constant": says(""),
        "exponential": says("ExponentialLR(optimizer, {shrink!r})"),
        "step": says("StepLR(optimizer, {step_size}, {gamma})"),
        "inverse_time": says("LambdaLR(optimizer, lambda t: 1 / (1 + {rate} * t))"),
        "cosine": says("CosineAnnealingLR(optimizer, {total}, eta_min={lowest:.12g})"),
        "one_cycle": says(
            "OneCycleLR(optimizer, {learning_rate}, {total}, pct_start={peak:.17g}, "
            "div_factor={start_divisor}, final_div_factor={fall}, cycle_momentum=False)",
            "OneCycleLR counts its rise as pct_start * T - 1 steps, here it is rise * (T - 1); "
            "by default it moves the momentum too",
        ),
        "reduce_on_plateau": says(
            "ReduceLROnPlateau(optimizer, {mode!r}, {gamma}, patience={waits}, "
            'threshold={min_delta}, threshold_mode="abs", min_lr={lowest:.12g}, eps=0.0)',
            "ReduceLROnPlateau waits for more than `patience` epochs: {patience} - 1 = {waits}",
            "its default threshold is a share of the best value (1e-4), here a difference",
        ),
    },
}
