"""docs/python/train.py against `idim train`: agree.py IDIM DATA > agreement.csv, exit 1 where they part.

Each (model, space) is trained by both from the same step 0, in the same order, in the same space. Losses: of
the first 50 steps. idim's history has a row a step up to 20 steps and means over some steps beyond, so that
its runs of 20, 35 and 50 steps are compared row by row with means over the same samples here: within 1e-4.
Scores: of 5 seeds; the means are within 2 standard errors of their difference (as if they were independent,
which would let them be far apart: the largest difference of one seed is a column). The rates are such that
rounding stays small: lenet in dense:d=100 at 0.1 moves its first 50 losses by 7e-3 when theta0 is multiplied
by 1 + 1e-7, and no two programs could agree there.
"""
import csv
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../docs/python"))
import idim_space  # noqa: E402
import train as ours  # noqa: E402

STEPS, EPOCHS, SEEDS = (20, 35, 50), 4, range(1, 6)
CASES = [("fc", "full", 0, 1e-3), ("fc", "fastfood", 750, 0.03), ("fc", "dense", 100, 0.1),
         ("lenet", "full", 0, 1e-3), ("lenet", "fastfood", 300, 0.03), ("lenet", "dense", 100, 0.03)]


def idim(program, data, model, space, d, lr, *more):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "train", "--data", data, "--model", model, "--space",
                        f"{space}:d={d}" if d else space, "--lr", str(lr), "--quiet", "--out",
                        folder + "/r", *map(str, more)], check=True, stdout=subprocess.DEVNULL)
        return [list(csv.DictReader(open(f"{folder}/r/{name}.csv"))) for name in ("runs", "history")]


def losses(program, data, task, case):
    """The largest difference of a history row's loss."""
    model, space, d, lr = case
    here = []
    ours.train(task, model, space, d, lr, 1, None, steps=max(STEPS),
               told=lambda *batch: here.append(batch))
    worst = 0
    for n in STEPS:
        begin = 0
        for row in idim(program, data, model, space, d, lr, "--steps", n)[1]:
            end = int(row["step"])
            loss, samples = np.transpose(here[begin:end])
            worst = max(worst, abs(float(row["train_loss"]) - np.average(loss, weights=samples)))
            begin = end
        assert begin == n
    return worst


def scores(program, data, task, case):
    model, space, d, lr = case
    runs = idim(program, data, model, space, d, lr, "--epochs", EPOCHS, "--seeds", len(SEEDS))[0]
    there = {int(r["seed"]): float(r["score"]) for r in runs}
    x, y = map(torch.from_numpy, task.test)
    here = [ours.score(ours.train(task, model, space, d, lr, seed, EPOCHS)[0], x, y) for seed in SEEDS]
    return np.array(here), np.array([there[seed] for seed in SEEDS])


def main():
    program, data = sys.argv[1:]
    task, out, bad = idim_space.Task(data), csv.writer(sys.stdout, lineterminator="\n"), False
    torch.set_num_threads(1)
    out.writerow(["data", "model", "space", "d", "lr", "epochs", "loss_difference", "score_torch", "score_idim",
                  "difference", "standard_error", "largest_of_a_seed"])
    for case in CASES:
        worst = losses(program, data, task, case)
        a, b = scores(program, data, task, case)
        error = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / len(a))
        apart = a.mean() - b.mean()
        out.writerow([data, *case[:2], case[2] or "", case[3], EPOCHS, f"{worst:.1e}", f"{a.mean():.4f}",
                      f"{b.mean():.4f}", f"{round(apart, 4) + 0:.4f}", f"{error:.4f}", f"{abs(a - b).max():.4f}"])
        sys.stdout.flush()
        bad |= worst > 1e-4 or abs(apart) > 2 * error
    sys.exit(int(bad))


main()
