#!/usr/bin/env python3
"""Recomputes d90.csv from runs.csv with NumPy alone: check_d90.py FOLDER [runs.csv d90.csv].

Every estimate and t interval to 1e-9 relative; prints what differs, exit 1. Not recomputed: the
interval with the test set's error (it needs the stored bits). Definitions: docs/formats.md."""
import csv
import math
import sys

import numpy as np


def read(path):
    with open(path, newline="") as f:
        return list(csv.DictReader(f))


def t_quantile(p, n):
    """Student t with n degrees: Simpson's rule on the density, then bisection."""
    k = math.exp(math.lgamma((n + 1) / 2) - math.lgamma(n / 2)) / math.sqrt(n * math.pi)
    a = np.linspace(0, 1, 20001)  # x = sqrt(n) tan(phi): the integrand cos(phi)^(n-1) is smooth
    w = np.ones(20001); w[1:-1:2] = 4; w[2:-1:2] = 2
    area = lambda phi: k * math.sqrt(n) * phi / 60000 * np.sum(w * np.cos(a * phi) ** (n - 1))
    low, high = 0.0, math.pi / 2
    for _ in range(80):
        mid = (low + high) / 2
        low, high = (mid, high) if area(mid) < p - .5 else (low, mid)
    return math.sqrt(n) * math.tan(low)


def isotonic(y, w):
    """max over a <= i of min over b >= i of the weighted mean of a..b: no pooling, O(n^3)."""
    mean = lambda a, b: np.dot(w[a:b], y[a:b]) / np.sum(w[a:b])
    n = len(y)
    return np.array([max(min(mean(a, b + 1) for b in range(i, n)) for a in range(i + 1)) for i in range(n)])


def crossing(x, f, t):
    i = next((i for i in range(len(f)) if f[i] >= t), None)
    if i is None:
        return "above", x[-1]
    if i == 0:
        return ("below" if f[0] > t else "exact"), x[0]
    return "exact", x[i - 1] + (t - f[i - 1]) / (f[i] - f[i - 1]) * (x[i] - x[i - 1])


READS = {"score": ("theta0", "P", "order", "dropout"), "baseline": ("theta0", "order", "dropout"), "floor": ("theta0",)}


def design(row, runs):
    """The runs of the row's design. `of`: how far each factor of `vary` is moved; a baseline has no P,
    a floor neither P nor data, so that a score's own ones are found by what they read of its label."""
    vary = row.get("vary", "")
    if vary in ("", "all") and not any(int(r.get("seed.P") or -1) >= 0 or int(r.get("seed.theta0") or -1) >= 0
                                       or int(r.get("seed.order") or -1) >= 0 for r in runs):
        return [{**r, "of": {k: int(r["seed"]) for k in READS}} for r in runs]
    same = [s for s in READS["score"] if len({r["seed." + s] for r in runs}) == 1]  # fixed for good
    factors = [sum(({"data": ("order", "dropout")}.get(w, (w,)) for w in f.split("+")), ())
               for f in ("theta0+P+data" if vary == "all" else vary).split("*")]
    out = []
    for r in runs:
        own = lambda s: int(r["seed"]) if s in same or int(r["seed." + s]) < 0 else int(r["seed." + s])
        steps = [{own(s) for s in f if s in READS[r["role"]]} for f in factors]
        still = [own(s) for s in READS[r["role"]] if not any(s in f for f in factors)]
        if any(s != int(row["first_seed"]) for s in still) or any(len(s) > 1 for s in steps):
            continue
        label = lambda role: tuple(max((own(s) for s in f if s in READS[role]), default=None) for f in factors)
        out.append({**r, "of": {k: label(k) for k in READS}})
    return out


def expect(row, runs):
    sign = -1 if row["better"] == "lower" else 1
    kind, level = row["threshold_rule"], float(row["level"])
    pick = lambda role: {r["of"][role]: sign * float(r["score"]) for r in runs if r["role"] == role}
    cell = {(float(r["d_total"]), r["of"]["score"]): sign * float(r["score"]) for r in runs if r["role"] == "score"}
    of = {r["of"]["score"]: r["of"] for r in runs if r["role"] == "score"}
    base, floor = pick("baseline"), pick("floor")
    d = sorted({k[0] for k in cell}); seeds = sorted({k[1] for k in cell}); x = np.log(d)
    column = [np.array([cell[j, s] for s in seeds if (j, s) in cell]) for j in d]
    n = np.array([len(c) for c in column]); mean = np.array([c.mean() for c in column])
    var = np.array([c.var(ddof=1) if len(c) > 1 else 0 for c in column])
    least = 1e-20 * np.max(np.abs(mean)) ** 2
    pooled = np.sum((n - 1) * var) / max(np.sum(n - 1), 1)
    pooled = pooled if pooled > least else 0.
    var = np.where((n < 2) | (var <= least), pooled, var)
    one = lambda v: np.var(v, ddof=1) if len(v) > 1 else pooled
    nan = float("nan")
    B = np.array(list(base.values())); C = np.array(list(floor.values()))
    own = row["baseline_rule"] == "own"
    b_mean = (B.mean() if len(B) else nan) if own else sign * float(row["baseline"] or nan)
    c_mean = C.mean() if len(C) else nan
    goal = lambda b, c: (sign * level if kind == "absolute" else c + level * (b - c) if kind == "gain"
                         else level * b if sign > 0 else nan)
    t = goal(b_mean, c_mean)
    e = {"threshold": sign * t, "floor": sign * c_mean, "d_min": d[0], "d_max": d[-1]}
    if len(d) > 1:
        e["auc"] = sign * np.sum(np.diff(x) * (mean[1:] + mean[:-1]) / 2) / (x[-1] - x[0])
    falls = [(mean[i] - mean[j], i, j) for j in range(len(d)) for i in range(j)]
    fall, i, j = max(falls, default=(0., 0, 0))
    e["fall"] = max(fall, 0.)
    se = math.sqrt(var[i] / n[i] + var[j] / n[j]) if fall > 0 else 1.
    e["fall_z"] = max(fall, 0.) / se if se > 0 else nan
    error = math.sqrt((one(B) / len(B) if own and len(B) else 0) + (one(C) / len(C) if len(C) else 0))
    gap = b_mean - c_mean
    if t != t or (kind != "absolute" and len(C) and (gap <= 0 or gap < 4 * error)):
        return {**e, "d90_state": "unmeasurable"}
    state, at = crossing(x, isotonic(mean, n / var if pooled else n * 1.), t)
    e["d90_state"] = state
    e["d90_fit"] = math.exp(at) if state == "exact" else nan
    aim = {s: goal(base.get(of[s]["baseline"], b_mean) if own else b_mean, floor.get(of[s]["floor"], c_mean)) for s in seeds}
    half = [np.mean([cell[j, s] > aim[s] for s in seeds if (j, s) in cell]) >= .5 for j in d]
    for name, ok in (("d90_grid", list(mean > t)), ("d_p50", half)):
        k = ok.index(True) if any(ok) else -1
        e[name + "_state"] = "above" if k < 0 else "below" if k == 0 else "exact"
        e[name] = d[k] if k > 0 else nan
    per = [crossing(*(lambda J: (np.log(J), isotonic(np.array([cell[j, s] for j in J]), np.ones(len(J)))))(
        [j for j in d if (j, s) in cell]), aim[s]) for s in seeds]
    v = np.array([{"above": x[-1], "below": x[0]}.get(st, a) for st, a in per])
    e["d90_seeds"] = math.exp(v.mean())
    if len(v) > 1:
        e["d90_seeds_sd"] = v.std(ddof=1)
    if len(v) > 2 and "*" not in row.get("vary", ""):  # crossed seeds are no sample
        h = t_quantile(.975, len(v) - 1) * v.std(ddof=1) / math.sqrt(len(v))
        e["d90_low"] = nan if any(st == "below" for st, _ in per) else math.exp(v.mean() - h)
        e["d90_high"] = nan if any(st == "above" for st, _ in per) else math.exp(v.mean() + h)
    return e


def main(runs_path, d90_path):
    runs, bad, seen = [r for r in read(runs_path) if r["score"] and r["role"] != "tune"], 0, 0
    for row in read(d90_path):
        here = [r for r in runs if r["space"] == row["space"] or r["role"] in ("baseline", "floor")]
        for name, want in expect(row, design(row, here)).items():
            got, seen = row[name], seen + 1
            if not isinstance(want, str):
                got = float(got) if got else float("nan")
                same = got == want or (got != got and want != want) or abs(got - want) <= 1e-9 * max(abs(want), 1e-6)
            else:
                same = got == want
            if not same:
                bad += 1
                print(f"{row['space']}, {row['rule']}: {name} is {got}, recomputed {want}")
    print(f"{seen} values recomputed, {bad} differ")
    return bad > 0


if __name__ == "__main__":
    a = sys.argv[1:]
    sys.exit(main(*(a if len(a) == 2 else (a[0] + "/runs.csv", a[0] + "/d90.csv"))))
