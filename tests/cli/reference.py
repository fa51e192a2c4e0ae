"""A cheap row of results/reference, trained again: reference.py choose HASH SECONDS FOLDER..., reference.py compare
RUNS.csv ID AGAIN.csv KIND."""
import csv
import os
import sys

# what decides a run, by its column: `idim train` has the same names
KEYS = ("data model optimiser lr schedule epochs steps batch clip l2 seed seed.theta0 seed.P "
        "seed.order seed.dropout").split()
# what is not of the run itself: when and under which name it was asked for
OTHER = ("role", "space")


def rows(folder, name):
    with open(os.path.join(folder, name), newline="") as f:
        return list(csv.DictReader(f))


def cheap(folder, seconds):
    """Rows that trained, from nothing but their data, in so few seconds."""
    cost = {r["run_id"]: float(r["cpu_s"] or "inf") for r in rows(folder, "provenance.csv")}
    return [r for r in rows(folder, "runs.csv")
            if r["status"] == "ok" and r["role"] in ("score", "tune") and not r.get("from.content")
            and not r.get("exec") and float(r["steps_done"]) > 0
            and cost.get(r["run_id"], float("inf")) < seconds]


def choose(hash_, seconds, folders):
    """The commit's hash is the choice: another row with each commit."""
    all_ = sorted((r["run_id"], f) for f in folders for r in cheap(f, float(seconds)))
    if not all_:
        return
    id_, folder = all_[int(hash_, 16) % len(all_)]
    row = next(r for r in rows(folder, "runs.csv") if r["run_id"] == id_)
    print(folder)
    print(id_)
    for key in KEYS:
        print("--" + key)
        print(row[key])
    print("--space\n" + row["space_spec"] + "\n--role\n" + row["role"])


def compare(runs, id_, again, kind):
    """Exit 0: as it was; 1: not; 3: this program gives the same settings another id."""
    old = next(r for r in rows(*os.path.split(runs)) if r["run_id"] == id_)
    new = rows(*os.path.split(again))[0]
    if new["run_id"] != id_:
        return 3
    same = old["kind"] == kind
    bad = 0
    for name in old:
        # which epoch was best turns on the last digit of two scores
        if name in OTHER or name not in new or (name in ("kind", "best_epoch") and not same):
            continue
        a, b = old[name], new[name]
        if a == b:
            continue
        # another numeric kind: sums in another order, over a whole training; a policy's return may then be anything
        near = not same and (old["metric"] == "return" or abs(float(a) - float(b)) <= .02 * max(1, abs(float(a))))
        if not near:
            print(f"{name}: {a} in {runs}, {b} now")
            bad = 1
    return bad


if __name__ == "__main__":
    if sys.argv[1] == "choose":
        choose(sys.argv[2], sys.argv[3], sys.argv[4:])
    else:
        sys.exit(compare(*sys.argv[2:]))
