#!/usr/bin/env python3
"""Recomputes d90.csv from runs.csv with NumPy alone: check_d90.py FOLDER, or runs.csv d90.csv. All estimates and t
intervals to 1e-9; prints what differs, exit 1. Left out: what needs the test set's bits. Meaning: docs/formats.md."""
import csv, math, sys
import numpy as np
nan, HEAD = float("nan"), "full:targets=head"
READS = {"score": ("theta0", "P", "order", "dropout"), "baseline": ("theta0", "order", "dropout"), "floor": ("theta0",)}

def t_quantile(p, n):
    """Student t with n degrees is sqrt(n) tan(phi), phi of density cos^(n-1): Gauss's rule, then bit by bit."""
    g, w = np.polynomial.legendre.leggauss(100)
    area = lambda phi: phi * np.dot(w, np.cos(phi * (g + 1) / 2) ** (n - 1))
    phi = 0.
    for bit in math.pi / 2. ** np.arange(2, 60):
        phi += bit * (area(phi + bit) < (2 * p - 1) * area(math.pi / 2))
    return math.sqrt(n) * math.tan(phi)

def crossing(x, y, w, t):
    """Where the isotonic fit, max over a <= i of min over b >= i of the mean of a..b, reaches t: O(n^3), no pooling."""
    mean, n = lambda a, b: np.dot(w[a:b], y[a:b]) / np.sum(w[a:b]), len(y)
    f = [max(min(mean(a, b + 1) for b in range(i, n)) for a in range(i + 1)) for i in range(n)]
    i = next((i for i in range(n) if f[i] >= t), None)
    if not i:
        return ("above", x[-1]) if i is None else ("below" if f[0] > t else "exact", x[0])
    return "exact", x[i - 1] + (t - f[i - 1]) / (f[i] - f[i - 1]) * (x[i] - x[i - 1])

def design(row, runs):
    """The runs of the row's design. `of`: how far each factor of `vary` is moved; a baseline has no P, a floor neither
    P nor data, so that a score's own ones are found by what they read of its label."""
    vary, out, moved = row.get("vary") or "all", [], lambda r, s: r.get("seed." + s) or "-1"
    same = [s for s in READS["score"] if len({moved(r, s) for r in runs}) == 1]  # fixed for good
    factors = [[s for w in f.split("+") for s in (("order", "dropout") if w == "data" else (w,))]
               for f in ("theta0+P+data" if vary == "all" else vary).split("*")]
    for r in runs:
        own = {s: int(r["seed"] if s in same or int(moved(r, s)) < 0 else moved(r, s)) for s in READS["score"]}
        of = {k: tuple(max((own[s] for s in f if s in READS[k]), default=None) for f in factors) for k in READS}
        still = {own[s] for s in READS[r["role"]] if not any(s in f for f in factors)}
        if still <= {int(row.get("first_seed") or 1)} and all(
                len({own[s] for s in f if s in READS[r["role"]]}) < 2 for f in factors):
            out.append({**r, "of": of})
    return out

def expect(row, runs, what="score"):
    own, kind, level = row["baseline_rule"] == "own", row["threshold_rule"], float(row["level"])
    sign = -1 if row["better"] == "lower" else 1
    value = {k: {(r["of"][k], float(r["d_total"]) if k == "score" else 0.): sign * float(r[what] or r["score"])
                 for r in runs if r["role"] == k} for k in READS}
    cell, of = value["score"], {r["of"]["score"]: r["of"] for r in runs if r["role"] == "score"}
    seeds, d = (sorted({k[i] for k in cell}) for i in (0, 1))
    table, x = np.array([[cell.get((s, j), nan) for j in d] for s in seeds]), np.log(d)
    n, mean = np.sum(table == table, 0), np.nanmean(table, 0)
    var, least = np.nansum((table - mean) ** 2, 0) / np.maximum(n - 1, 1), 1e-20 * np.max(np.abs(mean)) ** 2
    pooled = np.sum((n - 1) * var) / max(np.sum(n - 1), 1)
    pooled *= pooled > least
    var = np.where((n < 2) | (var <= least), pooled, var)
    B, C = (np.array(list(value[k].values())) for k in ("baseline", "floor"))
    b, c = (B.mean() if len(B) else nan) if own else sign * float(row["baseline"] or nan), C.mean() if len(C) else nan
    goal = lambda b, c: {"absolute": sign * level, "gain": c + level * (b - c)}.get(kind, (nan, b * level)[sign > 0])
    t = goal(b, c)
    fall, i, j = max(((mean[i] - mean[j], i, j) for j in range(len(d)) for i in range(j)), default=(0., 0, 0))
    se = math.sqrt(var[i] / n[i] + var[j] / n[j]) if fall > 0 else 1.
    e = {"baseline": sign * b, "baseline_sd": B.std(ddof=1) if own and kind != "absolute" and len(B) > 1 else nan,
         "floor": sign * c, "d_min": d[0], "d_max": d[-1], "grid_points": len(d), "seeds": len(seeds),
         "threshold": sign * t, "fall": max(fall, 0.), "fall_z": max(fall, 0.) / se if se > 0 else nan}
    if len(d) > 1:
        e["auc"] = sign * np.sum(np.diff(x) * (mean[1:] + mean[:-1]) / 2) / (x[-1] - x[0])
    error = sum((v.var(ddof=1) if len(v) > 1 else pooled) / len(v) for v in ([B] if own else []) + [C] if len(v))
    if t != t or (kind != "absolute" and len(C) and (b <= c or b - c < 4 * math.sqrt(error))):
        return {**e, "d90_state": "unmeasurable"}
    e["d90_state"], at = crossing(x, mean, n / var if pooled else n * 1., t)
    e["d90_fit"] = math.exp(at) if e["d90_state"] == "exact" else nan
    if what == "score" and all(r.get("score_best") or r["role"] == "floor" for r in runs):
        e["d90_fit_best"] = expect(row, runs, "score_best").get("d90_fit", nan)
    mine = lambda s, k, mean: value[k].get((of[s][k], 0.), mean) if own or k == "floor" else mean
    aim = np.array([goal(mine(s, "baseline", b), mine(s, "floor", c)) for s in seeds])
    for name, ok in (("d90_grid", mean > t), ("d_p50", np.sum(table > aim[:, None], 0) / n >= .5)):
        k = int(np.argmax(ok)) if any(ok) else -1
        e[name + "_state"], e[name] = "above" if k < 0 else "exact" if k else "below", d[k] if k > 0 else nan
    per = [crossing(x[y == y], y[y == y], np.ones(len(y)), a) for y, a in zip(table, aim)]
    v = np.array([{"above": x[-1], "below": x[0]}.get(state, at) for state, at in per])
    first = int(row.get("first_stage") or 0) or len(v)  # a search's sd is its first stage's (Stein)
    e["d90_seeds"], e["d90_seeds_sd"] = math.exp(v.mean()), v[:first].std(ddof=1) if first > 1 else nan
    if int(row.get("first_stage") or 0):  # its seeds were scored at places of their own
        half = {s: 2 * sum(state == s for state, _ in per) > len(v) for s in ("above", "below")}
        e["d90_state"] = "above" if half["above"] else "below" if half["below"] else "exact"
        e.update({"d90_fit": e["d90_seeds"] if e["d90_state"] == "exact" else nan, "d90_fit_best": nan, "auc": nan,
                  "fall": nan, "fall_z": nan})
        for name in ("d90_grid", "d_p50"):
            e[name + "_state"], e[name] = "unmeasurable", nan
    for name, side, end in (("d90_low", -1, "below"), ("d90_high", 1, "above")):
        if len(v) > 2 and "*" not in row.get("vary", ""):  # crossed seeds are no sample
            e[name + "_state"] = end if any(state == end for state, _ in per) else "exact"
            at = v.mean() + side * t_quantile(.975, first - 1) * v[:first].std(ddof=1) / math.sqrt(len(v))
            e[name] = nan if e[name + "_state"] == end else math.exp(at)
    return e

paths = sys.argv[1:] if len(sys.argv) == 3 else [sys.argv[1] + name for name in ("/runs.csv", "/d90.csv")]
runs, rows = (list(csv.DictReader(open(path, newline=""))) for path in paths)
runs, bad, seen = [r for r in runs if r["score"] and r["role"] != "tune"], [], 0
for row in rows:
    here = [r for r in runs if r["space"] == row["space"] or r["role"] != "score"]
    parts, head = row["space"].split("++"), [{**r, "role": "floor"} for r in runs if r["space"] == HEAD]
    head = head if HEAD in parts and len(parts) > 1 else []  # trained beside: the head alone is the floor
    READS["floor"] = READS["score"] if head else ("theta0",)
    here = [r for r in here if not head or r["role"] != "floor"] + head
    for name, want in expect(row, design(row, here)).items():
        got, seen = row[name] if isinstance(want, str) else float(row[name] or nan), seen + 1
        if str(got) != str(want) and (isinstance(want, str) or not abs(got - want) <= 1e-9 * max(abs(want), 1e-3)):
            bad.append(f"{row['space']}, {row['rule']}: {name} is {got}, recomputed {want}")
print(*bad, f"{seen} values recomputed, {len(bad)} differ", sep="\n")
sys.exit(len(bad) > 0)
