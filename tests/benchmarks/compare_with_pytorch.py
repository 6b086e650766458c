#!/usr/bin/env python3
"""Runs the workbench's training steps and plain PyTorch's in turn, pair by pair, and prints a Markdown table.

The PyTorch program is ../shared/bench/torch_peer.py beside the project, or what LORA_WORKBENCH_RIVAL names; without it
only the workbench's own figures are printed. Both get the same shapes, batches, lengths and numbers of threads.
"""
import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import time

sys.dont_write_bytecode = True
from benchmark_cases import STEP_CASES  # noqa: E402
import benchmark_runs  # noqa: E402

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RUN_CASES = ("start", "top quarter", "sweep")


def say(text):
    print(text, file=sys.stderr, flush=True)


def median(values):
    values = sorted(values)
    return (values[len(values) // 2] + values[(len(values) - 1) // 2]) / 2


def others_share(seconds=0.3):
    """Share of the processors' time others use while nothing of ours runs."""
    def sample():
        with open("/proc/stat") as file:
            times = [int(word) for word in file.readline().split()[1:9]]
        return sum(times), times[3] + times[4]

    before = sample()
    time.sleep(seconds)
    total, idle = (after - earlier for after, earlier in zip(sample(), before))
    return 1 - idle / total if total else 0.0


class Peer:
    """A program that prints one JSON object about the steps it trained."""

    def __init__(self, name, command, threads):
        self.name, self.command, self.threads = name, command, threads

    def measure(self, arguments):
        command = self.command + [str(argument) for argument in arguments] + ["--threads", str(self.threads)]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise RuntimeError("%s: %s" % (self.name, (done.stderr.strip() or "failed").splitlines()[-1]))
        return json.loads(done.stdout)


def find_rival(threads):
    path = os.environ.get("LORA_WORKBENCH_RIVAL") or os.path.join(PROJECT, "../shared/bench/torch_peer.py")
    if not os.path.exists(path):
        say("No PyTorch program here (LORA_WORKBENCH_RIVAL): own figures alone.")
        return None
    # Debian's torch belongs to Debian's Python, whatever else comes first on the path.
    for python in ("/usr/bin/python3", sys.executable):
        if subprocess.run([python, "-c", "import torch"], stderr=subprocess.DEVNULL).returncode == 0:
            return Peer("PyTorch", [python, path], threads)
    say("No PyTorch here (Debian: python3-torch): own figures alone.")
    return None


def find_assets():
    root = os.environ.get("LORA_WORKBENCH_ASSETS") or os.path.join(PROJECT, "../shared")
    return next((os.path.abspath(folder) for folder in (root, os.path.join(root, "assets"))
                 if os.path.exists(os.path.join(folder, "models/english-encoder-small"))), None)


def in_turn(index, first, second):
    """Calls both, in an order that changes from round to round."""
    if index % 2 == 0:
        one = first()
        return one, second()
    two = second()
    return first(), two


class StepRow:
    """Rounds of one case: pairs of measurements and the machine's limit measured just before each."""

    def __init__(self, case):
        self.case, self.ours, self.rival, self.limits, self.others, self.refusal = case, [], [], [], 0.0, None

    def figures(self):
        ours = [document["ms_step"] for document in self.ours]
        row = {"case": self.case.name, "arguments": self.case.arguments, "ours_ms": median(ours),
               "gflop_step": median([document["gflop_step"] for document in self.ours]),
               "gflop_s": median([self.speed(document) for document in self.ours]),
               "limit_gflop_s": median(self.limits) if self.limits else None,
               "ours_mib": max(document["peak_rss_mib"] for document in self.ours),
               "heap_allocations_step": max(document["heap_allocations_step"] for document in self.ours)}
        if self.limits:
            row["share"] = median([self.speed(document) / limit for document, limit in zip(self.ours, self.limits)])
        if self.rival:
            ratios = [their["ms_step"] / our["ms_step"] for our, their in zip(self.ours, self.rival)]
            row.update(rival_ms=median([document["ms_step"] for document in self.rival]), ratio=median(ratios),
                       ratio_low=min(ratios), ratio_high=max(ratios),
                       rival_mib=max(document["peak_rss_mib"] for document in self.rival))
        return row

    @staticmethod
    def speed(document):
        # Where lengths differ, operations and time of all steps; else the median step, which others disturb less.
        if document["padding"] == "random":
            return document["gflop_s"]
        return document["gflop_step"] / document["ms_step"] * 1e3


def measure_steps(case, options, ours, rival, limit):
    row = StepRow(case)
    steps = case.steps if not options.quick else max(2, case.steps // 3)
    arguments = case.arguments + ["--steps", steps, "--warmup", case.warmup]
    number_type = "bf16" if case.is_bfloat16 else "f32"
    try:
        for index in range(options.rounds):
            row.others = max(row.others, others_share())
            found = limit.measure(["--dtype", number_type])[number_type + "_gflop_s"]
            row.limits += [found] if found else []
            mine, theirs = in_turn(index, lambda: ours.measure(arguments), lambda: rival and rival.measure(arguments))
            row.ours.append(mine)
            row.rival += [theirs] if theirs else []
    except RuntimeError as refusal:  # the other cases are still worth their time
        row.refusal = str(refusal)
    return row


def measure_run(name, options, workbench, rival, assets):
    results = []
    for _ in range(options.rounds if name == "start" else 1):
        if name == "start":
            results.append(benchmark_runs.start_case(workbench, rival, PROJECT))
        elif name == "top quarter":
            results.append(benchmark_runs.top_quarter_case(workbench, rival, assets, options.quick))
        else:
            results.append(benchmark_runs.sweep_case(workbench, assets))
    row = {"case": name, "ours_s": median([result["ours"] for result in results]), "note": results[0].get("note", "")}
    if results[0]["rival"]:
        row["rival_s"] = median([result["rival"] for result in results])
        row["ratio"] = median([result["rival"] / result["ours"] for result in results])
    return row


def number(value, text):
    return "–" if value is None else text % value


def step_line(row):
    if row.refusal:
        return "| %s | not measured |" % row.case.name + " – |" * 7
    figures = row.figures()
    ratio = figures.get("ratio")
    spread = "–" if ratio is None else "%.2f–%.2f" % (figures["ratio_low"], figures["ratio_high"])
    share = figures.get("share")
    return "| %s | %.1f | %s | %s | %s | %.0f | %s | %.0f | %s |" % (
        figures["case"], figures["ours_ms"], number(figures.get("rival_ms"), "%.1f"), number(ratio, "%.2f"), spread,
        figures["gflop_s"], number(share and 100 * share, "%.0f %%"), figures["ours_mib"],
        number(figures.get("rival_mib"), "%.0f"))


def bfloat16_lines(rows):
    """Ours in bfloat16 against ours in float32, where both were measured."""
    by_name = {row.case.name: row for row in rows if not row.refusal}
    for name, row in by_name.items():
        exact = by_name.get(name.replace(", bfloat16", " r=8") if name.replace(", bfloat16", "") not in by_name
                            else name.replace(", bfloat16", ""))
        if row.case.is_bfloat16 and exact:
            yield "- %s: %.2f times float32" % (name, exact.figures()["ours_ms"] / row.figures()["ours_ms"])


def machine():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else platform.machine()


def print_table(rows, runs, threads):
    limits = {"float32": [], "bfloat16": []}
    for row in rows:
        limits["bfloat16" if row.case.is_bfloat16 else "float32"] += row.limits
    measured = ["%.0f GFLOP/s in %s" % (median(found), name) for name, found in limits.items() if found]
    print("%s, threads: %d, %s. GEMM limit in this run: %s." % (
        machine(), threads, datetime.date.today().isoformat(), ", ".join(measured) or "not measured"))
    others = max([row.others for row in rows], default=others_share())
    if others > 0.1:
        print("\nOther programs used up to %.0f %% of the processors meanwhile: nothing here is a fair comparison "
              "(threads that wait for each other by spinning, as PyTorch's do, suffer most)." % (100 * others))
    if rows:
        print("\n| case | ours ms | rival ms | ratio | spread | GFLOP/s | of limit | ours MiB | rival MiB |")
        print("|---|---|---|---|---|---|---|---|---|")
        for row in rows:
            print(step_line(row))
        lines = list(bfloat16_lines(rows)) + ["- not measured: " + text for text in sorted({row.refusal for row in rows
                                                                                       if row.refusal})]
        print("\n" + "\n".join(lines) if lines else "", end="\n" if lines else "")
    if runs:
        print("\n| whole commands | ours s | against s | ratio | |")
        print("|---|---|---|---|---|")
        for row in runs:
            print("| %s | %.2f | %s | %s | %s |" % (row["case"], row["ours_s"], number(row.get("rival_s"), "%.2f"),
                                                 number(row.get("ratio"), "%.2f"), row["note"]))


def write_json(options, rows, runs):
    steps = [{"case": row.case.name, "arguments": row.case.arguments, "refusal": row.refusal, "ours": row.ours,
              "rival": row.rival, "limit_gflop_s": row.limits, "others_share": row.others} for row in rows]
    with open(options.json, "w") as file:
        json.dump({"machine": machine(), "threads": options.threads, "date": datetime.datetime.now().isoformat(),
                   "steps": steps, "commands": runs}, file, indent=1)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--build", default=os.path.join(PROJECT, "build/benchmarks"), help="build folder with the programs")
    add("--rounds", type=int, default=None, help="pairs per case (default 3, with --quick 1)")
    add("--quick", action="store_true", help="small shapes only, a third of the steps, one round")
    add("--case", action="append", default=[], metavar="NAME", help="only cases whose name contains this; repeatable")
    add("--list", action="store_true", help="names of all cases")
    add("--threads", type=int, default=len(os.sched_getaffinity(0)), help="default: every processor")
    add("--json", metavar="FILE", help="write every measurement here as well")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 3)
    return options


def chosen(options, name, is_quick=True):
    if options.case:
        return any(text.lower() in name.lower() for text in options.case)
    return is_quick or not options.quick


def main():
    options = parse_arguments()
    if options.list:
        print("\n".join([case.name for case in STEP_CASES] + list(RUN_CASES)))
        return 0
    programs = os.path.join(options.build, "bin")
    ours = Peer("workbench", [os.path.join(programs, "lora-workbench-bench-step")], options.threads)
    limit = Peer("limit", [os.path.join(programs, "lora-workbench-bench-limit")], options.threads)
    if not os.path.exists(ours.command[0]):
        say("%s is not built: run.sh of this folder does that." % ours.command[0])
        return 2
    rival, assets = find_rival(options.threads), find_assets()
    rows, runs = [], []
    for case in STEP_CASES:
        if chosen(options, case.name, case.is_quick):
            say("- " + case.name)
            rows.append(measure_steps(case, options, ours, rival, limit))
    workbench = benchmark_runs.Workbench(os.path.join(programs, "lora-workbench-cli"), options.threads)
    for name in RUN_CASES:
        if chosen(options, name, name == "start") and (name == "start" or assets):
            say("- " + name)
            runs.append(measure_run(name, options, workbench, rival, assets))
    if not rows and not runs:
        say("No case has such a name; --list prints them.")
        return 2
    print_table(rows, runs, options.threads)
    if options.json:
        write_json(options, rows, runs)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RuntimeError as error:
        say(str(error))
        sys.exit(1)
