"""More ranks than this machine has cores: what a step would take, by a model of four numbers.

    .venv/bin/python -m benchmarks.ranks_on_paper

Assumed: a rank a core, as quick as this one; the batch stays what it is, however many share it; all
ranks take equally long; updates are made by each rank; nothing is sent while gradients are made.
"""

from collections.abc import Callable

RANKS = (2, 4, 8, 16, 32, 64, 128, 256)


def model(
    work: Callable[[float], float],
    update: float,
    megabytes: float,
    bandwidth: float,
    latency: float,
    ranks: int,
) -> float:
    """Milliseconds of a step: work is shared, updates are not, sums go up the tree and down again.

    work(share): ms of a rank's rows.  bandwidth: MB a ms.  latency: ms a message.
    """
    if ranks == 1:
        return work(1) + update
    levels = ranks.bit_length() - 1
    sent = 2 * megabytes * (ranks - 1) / ranks
    return work(1 / ranks) + update + sent / bandwidth + 2 * levels * latency


def main() -> None:
    """Of 784-1024-1024-10 and 784-256-128-10, with this machine's times and others' networks."""
    print("| network, rows a step | ranks talk through |", *(f"{n} |" for n in RANKS))
    print("|---" * (2 + len(RANKS)) + "|")
    networks = {
        "one host's memory": (2.0, 0.01),
        "100 Gb/s InfiniBand": (11.0, 0.003),
        "10 Gb/s Ethernet": (1.1, 0.05),
    }
    # ms a row, ms of passes whatever the rows, ms of an update, MB of a message: measured from 8 to
    # 2,048 rows a step, processor time
    nets = {
        "784-1024-1024-10": (0.077, 2.0, 2.6, 7.45),
        "784-256-128-10": (0.0095, 0.11, 0.21, 0.94),
    }
    for net, (row, fixed, update, size) in nets.items():
        for batch in (2048, 16384):
            for name, (bandwidth, latency) in networks.items():

                def work(
                    share: float, row: float = row, fixed: float = fixed, batch: int = batch
                ) -> float:
                    return fixed + row * batch * share

                alone = model(work, update, size, bandwidth, latency, 1)
                cells = []
                for ranks in RANKS:
                    gain = alone / model(work, update, size, bandwidth, latency, ranks)
                    cells.append(f"{gain:.1f} ({100 * gain / ranks:.0f}%)")
                print(f"| {net}, {batch:,} | {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
