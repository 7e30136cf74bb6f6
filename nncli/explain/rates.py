"""Rates: a schedule's factor as Python code, for libraries that take a function of t."""

from nncli.parts.schedules import Schedule

CODE = {
    "constant": "return 1",
    "exponential": "return math.exp(-{rate} * t)",
    "step": "return {gamma} ** (t // {step_size})",
    "inverse_time": "return 1 / (1 + {rate} * t)",
    "cosine": "return {floor} + (1 - {floor}) * (1 + math.cos(math.pi * t / {total})) / 2",
    "one_cycle": """\
done = t / {last}
if done < {rise}:
    low, share = 1 / {start_divisor}, 1 - done / {rise}
else:
    low, share = 1 / {end_divisor}, (done - {rise}) / (1 - {rise})
return low + (1 - low) * (1 + math.cos(math.pi * share)) / 2""",
}


def factor_code(schedule: Schedule, total: int) -> str:
    """`def factor(t)`: the factor at t of `total`; empty where no function of t says it."""
    body = CODE.get(schedule.name)
    if body is None:
        return ""
    after = total - schedule.warmup
    numbers = {**vars(schedule), "total": max(after, 1), "last": max(after - 1, 1)}
    lines = body.format(**numbers).splitlines()
    if warmup := schedule.warmup:
        lines = [f"if t < {warmup}:", f"    return (t + 1) / {warmup}", f"t -= {warmup}", *lines]
    return "\n".join(["import math\n", "def factor(t):", *(f"    {line}" for line in lines)])
