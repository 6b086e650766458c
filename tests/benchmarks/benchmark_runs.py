"""Whole commands: the start of the program, fine-tuning of a real model on real sentences, a sweep over ranks.

The last two need the folder of models and data sets the tests use (LORA_WORKBENCH_ASSETS, else `shared` beside the
project) and are left out without it.
"""
import json
import os
import subprocess
import tempfile
import time

RANKS = (1, 2, 4, 8, 16, 32)
EPOCHS, ROWS, BATCH = 3, 5000, 32
SENTENCES = ("the film was fine", "a dull and tired plot", "great fun from start to end", "bad acting , bad music")


class Workbench:
    """The command line program, with a cache folder of its own so that no earlier session helps it."""

    def __init__(self, program, threads):
        self.program, self.threads = program, threads

    def train(self, experiment, folder, cache=None, when_first_step=None):
        """Wall-clock seconds of one `train` command into folder/run."""
        path = os.path.join(folder, "experiment.json")
        with open(path, "w") as file:
            json.dump(experiment, file)
        run = os.path.join(folder, "run")
        environment = dict(os.environ, LORA_WORKBENCH_CACHE=cache or os.path.join(folder, "cache"))
        started = time.perf_counter()
        process = subprocess.Popen([self.program, "train", path, "--out", run, "--quiet"], env=environment,
                                   stdout=subprocess.DEVNULL)
        if when_first_step:
            when_first_step(wait_for_first_step(process, run, started))
        if process.wait() != 0:
            raise RuntimeError("`train` of %s ended with code %d" % (experiment["name"], process.returncode))
        return time.perf_counter() - started

    def accuracy(self, folder, data):
        done = subprocess.run([self.program, "eval", os.path.join(folder, "run"), "--data", data, "--json", "--quiet"],
                              check=True, stdout=subprocess.PIPE, text=True)
        return find_number(json.loads(done.stdout), "accuracy")

    def experiment(self, name, model, data, method, **training):
        training = dict({"threads": self.threads, "per_device_train_batch_size": BATCH, "seed": 1}, **training)
        return {"name": name, "model": model, "data": data, "method": method, "training": training}


def wait_for_first_step(process, run, started):
    """Seconds until the first step stands in the run's metrics."""
    path = os.path.join(run, "metrics.jsonl")
    while process.poll() is None:
        try:
            with open(path) as file:
                if '"loss"' in file.read():
                    return time.perf_counter() - started
        except FileNotFoundError:
            pass
        time.sleep(0.0005)
    if process.returncode == 0:
        return time.perf_counter() - started
    raise RuntimeError("the program ended with code %d before its first step" % process.returncode)


def find_number(document, key):
    """The first number under a key that ends with `key`, at any depth."""
    if isinstance(document, dict):
        for name, value in document.items():
            if name.endswith(key) and isinstance(value, (int, float)):
                return value
    for value in document.values() if isinstance(document, dict) else document if isinstance(document, list) else ():
        found = find_number(value, key)
        if found is not None:
            return found
    return None


def shape_arguments(config_file):
    with open(config_file) as file:
        config = json.load(file)
    return ["--family", "bert", "--layers", config["num_hidden_layers"], "--hidden", config["hidden_size"], "--heads",
            config["num_attention_heads"], "--ffn", config["intermediate_size"], "--vocab", config["vocab_size"]]


def start_case(workbench, rival, project):
    """From the command to the end of the first step. Ours also opens the model's files, tokenises 64 sentences and
    evaluates the untuned model on 8; the rival draws random weights and ids."""
    with tempfile.TemporaryDirectory() as folder:
        for name, rows in (("train.tsv", 64), ("eval.tsv", 8)):
            with open(os.path.join(folder, name), "w") as file:
                file.write("sentence\tlabel\n")
                file.writelines("%s\t%d\n" % (SENTENCES[row % 4], row % 2) for row in range(rows))
        first = []
        data = {"train": os.path.join(folder, "train.tsv"), "eval": os.path.join(folder, "eval.tsv")}
        method = {"type": "lora", "r": 8, "target_modules": ["query", "value"]}
        ours = lambda: workbench.train(
            workbench.experiment("start", "builtin:encoder", data, method, max_steps=1), folder,
            when_first_step=first.append)
        their = rival and rival.measure(
            shape_arguments(os.path.join(project, "resources/models/encoder/config.json")) +
            ["--batch", BATCH, "--seq", 16, "--steps", 1, "--warmup", 0])
        ours()
    return {"ours": first[0], "rival": their and their["first_step_done_s"]}


def sst2(assets):
    """(model folder, data section) of the small English encoder and SST-2, 5 rows held out to evaluate on."""
    data = {"train": os.path.join(assets, "datasets/sst2/train_5k.tsv"), "eval_split": 0.001, "max_length": 64}
    return os.path.join(assets, "models/english-encoder-small"), data


def top_quarter_method(rank=8):
    return {"type": "lora", "r": rank, "lora_alpha": 16, "target_modules": "all-linear", "layers_to_transform": [3]}


def top_quarter_case(workbench, rival, assets, is_quick):
    """Three epochs on 5,000 phrases: ours adapts the last of four blocks and keeps the hidden states below it, in a
    whole command with loading, tokenising and saving; the rival's steps of full fine-tuning alone."""
    model, data = sst2(assets)
    experiment = workbench.experiment("top quarter", model, data, top_quarter_method(), learning_rate=1e-3,
                                      num_train_epochs=EPOCHS)
    with tempfile.TemporaryDirectory() as folder:
        ours = workbench.train(experiment, folder)
        accuracy = workbench.accuracy(folder, os.path.join(assets, "datasets/sst2/dev.tsv"))
    steps = EPOCHS * -(-ROWS // BATCH)
    their = None
    if rival:
        measured = 16 if is_quick else 160
        document = rival.measure(shape_arguments(os.path.join(model, "config.json")) + [
            "--batch", BATCH, "--seq", 64, "--padding", "random", "--mode", "full", "--steps", measured, "--warmup", 3])
        their = steps * document["tok_real"] / document["tok_s"]
    return {"ours": ours, "rival": their, "note": "accuracy %.4f on dev.tsv" % accuracy}


def sweep_case(workbench, assets):
    """Six ranks on the last of four blocks, in turn with one cache for all of them and each on its own."""
    model, data = sst2(assets)
    seconds = {"auto": 0.0, "memory": 0.0}
    with tempfile.TemporaryDirectory() as cache:
        for index, rank in enumerate(RANKS):
            for kind in sorted(seconds, reverse=index % 2 == 1):
                experiment = workbench.experiment("rank %d" % rank, model, data, top_quarter_method(rank),
                                                  learning_rate=1e-3, num_train_epochs=EPOCHS, prefix_cache=kind)
                with tempfile.TemporaryDirectory() as folder:
                    seconds[kind] += workbench.train(experiment, folder, cache)
    return {"ours": seconds["auto"], "rival": seconds["memory"],
            "note": "%.2f of the runs one by one" % (seconds["auto"] / seconds["memory"])}
