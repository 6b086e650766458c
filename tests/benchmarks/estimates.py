#!/usr/bin/env python3
"""Estimates of time and memory against measurements: runs of `lora-workbench-cli train`, each with its ratio.

    estimates.py --program build/release/bin/lora-workbench-cli [--set tuning|held-out|second] [--rounds 3] [--case TEXT]

The estimates were fitted by looking at "tuning"; "held-out" and "second" were each written down before any of it was
run. Needs the
folder of models and data sets the tests use (LORA_WORKBENCH_ASSETS, else `shared` beside the project). What else the
machine does falsifies the figures: `--before "chrt -f 50"` puts words before the command.
"""
import argparse
import array
import json
import os
import random
import shutil
import statistics
import struct
import subprocess
import tempfile

from estimate_cases import SETS

HERE = os.path.dirname(os.path.abspath(__file__))
ASSETS = os.environ.get("LORA_WORKBENCH_ASSETS", os.path.join(HERE, "..", "..", "..", "shared"))


def bert_shapes(vocabulary, layers, width, positions):
    """Names and shapes of a BERT encoder as Hugging Face has them."""
    yield "embeddings.word_embeddings.weight", (vocabulary, width)
    yield "embeddings.position_embeddings.weight", (positions, width)
    yield "embeddings.token_type_embeddings.weight", (2, width)
    yield from norm_shapes("embeddings.LayerNorm", width)
    for layer in range(layers):
        block = "encoder.layer.%d." % layer
        for name in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            yield from linear_shapes(block + name, width, width)
        yield from norm_shapes(block + "attention.output.LayerNorm", width)
        yield from linear_shapes(block + "intermediate.dense", width, 4 * width)
        yield from linear_shapes(block + "output.dense", 4 * width, width)
        yield from norm_shapes(block + "output.LayerNorm", width)


def linear_shapes(name, inputs, outputs):
    yield name + ".weight", (outputs, inputs)
    yield name + ".bias", (outputs,)


def norm_shapes(name, width):
    yield name + ".weight", (width,)
    yield name + ".bias", (width,)


def write_random_bert(folder, layers, width):
    """A BERT of random weights with the tokenizer of the small encoder: sizes matter here, not what it knows."""
    source = os.path.join(ASSETS, "assets", "models", "english-encoder-small")
    os.makedirs(folder)
    for name in os.listdir(source):
        if "token" in name or name == "vocab.txt":
            shutil.copy(os.path.join(source, name), folder)
    with open(os.path.join(source, "config.json")) as file:
        config = json.load(file)
    config.update(num_hidden_layers=layers, hidden_size=width, num_attention_heads=width // 64,
                  intermediate_size=4 * width)
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump(config, file)
    shapes = list(bert_shapes(config["vocab_size"], layers, width, config["max_position_embeddings"]))
    header, offset = {}, 0
    for name, shape in shapes:
        size = 4 * shape[0] * (shape[1] if len(shape) > 1 else 1)
        header["bert." + name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    chooser = random.Random(1)
    block = array.array("f", (chooser.gauss(0, 0.02) for _ in range(1 << 18))).tobytes()
    with open(os.path.join(folder, "model.safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        while offset > 0:
            file.write(block[:offset])
            offset -= len(block)


def placed(value, models):
    """`value` with "assets/…" and "random:layers x width" made into paths."""
    if isinstance(value, dict):
        return {key: placed(inner, models) for key, inner in value.items()}
    if isinstance(value, str) and value.startswith("assets/"):
        return os.path.join(ASSETS, value)
    if isinstance(value, str) and value.startswith("random:"):
        layers, width = (int(part) for part in value[len("random:"):].split("x"))
        folder = os.path.join(models, "%dx%d" % (layers, width))
        if not os.path.exists(folder):
            write_random_bert(folder, layers, width)
        return folder
    return value


def measure(options, case, models):
    """One run: estimate over measured, of time and of memory, and the measured values."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "experiment.json")
        experiment = placed(case["experiment"], models)
        experiment.setdefault("training", {}).setdefault("threads", options.threads)
        with open(path, "w") as file:
            json.dump(dict(experiment, name=case["name"]), file)
        command = options.before.split() + [options.program, "train", path, "--out", os.path.join(folder, "run"),
                                            "--quiet", "--json"]
        environment = dict(os.environ, LORA_WORKBENCH_CACHE=os.path.join(folder, "cache"))
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment, timeout=300)
    result = json.loads(done.stdout)
    summary = result.get("summary", result)
    estimate = summary["estimate"]
    return {"time": estimate["seconds"] / summary["train_seconds"],
            "memory": estimate["memory_bytes"] / summary["peak_memory_bytes"],
            "flops": estimate["flops"] / summary["flops"],
            "seconds": summary["train_seconds"], "mib": summary["peak_memory_bytes"] / 2**20}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--set", default="held-out", choices=sorted(SETS))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--case", default="", help="only cases whose name contains this")
    parser.add_argument("--before", default="", help="words before the command")
    options = parser.parse_args()
    cases = [case for case in SETS[options.set] if options.case in case["name"]]
    print("| configuration | seconds | time, estimate / measured | MiB | memory, estimate / measured |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as models:
        for case in cases:
            rounds = [measure(options, case, models) for _ in range(options.rounds)]
            middle = {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
            print("| %s | %.2f | %.2f | %.0f | %.2f |" % (case["name"], middle["seconds"], middle["time"], middle["mib"],
                                                       middle["memory"]), flush=True)


if __name__ == "__main__":
    main()
