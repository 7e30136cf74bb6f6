"""A run as one readable NumPy script, made from recorded tapes and the parts' source code.

    formatting      lines of at most 100 columns
    expressions     syntax trees, and numbers in their shortest form

    run_history     the run's files -> epochs made, rates, why it ended
    data            rows -> lines that define arrays

    statements      a recorded tape -> `name = expression` for each operation
    folding         statements -> fewer: a value used once goes into the line that uses it
    job_code        a job -> its tapes -> forward, backward, penalty and update as folded statements

    methods         a part's method -> its syntax tree, and what the names in it mean
    sources         a part's method -> an expression, or a function of the script

    parameters      -> theta, its views and `initialize`
    functions       -> `forward`, `predict`, `objective`, `backward` and `update`
    training_loop   -> `report` and `train`
    script          -> the page, from its introduction to its last line

Each uses only those above it.
"""
