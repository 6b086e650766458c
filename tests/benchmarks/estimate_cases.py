"""Configurations for estimates.py: ten the estimates were fitted to, and twice ten written down before any was run."""

ENCODER = "assets/models/english-encoder-small"
SST2 = {"train": "assets/datasets/sst2/train_5k.tsv"}
AG_NEWS = {"train": "assets/datasets/ag_news/train_8k.csv"}
NER = {"train": "assets/datasets/ner_wnut17/train.conll"}
SQUAD = {"train": "assets/datasets/squad_xquad_en/train.json", "max_length": 256}
STSB = {"train": "assets/datasets/stsb/sts-train.csv"}
STORIES = {"train": "assets/datasets/tinystories/tinystories_1000.json", "max_length": 256}

QUERY_VALUE = {"type": "lora", "r": 8}
ALL_LINEAR = {"type": "lora", "r": 8, "target_modules": "all-linear"}
FULL = {"type": "full"}
HEAD = {"type": "head"}


def lora(**more):
    return dict(ALL_LINEAR, **more)


def rows(data, count):
    return dict(data, max_train_samples=count)


def case(name, model, data, method, task=None, **training):
    training = dict({"num_train_epochs": 2, "load_best_model_at_end": False}, **training)
    experiment = {"model": model, "data": data, "method": method, "training": training}
    if task:
        experiment["task"] = {"type": task}
    return {"name": name, "experiment": experiment}


TUNING = [
    case("encoder 4x256, SST-2, LoRA all linear", ENCODER, rows(SST2, 3000), ALL_LINEAR),
    case("encoder 4x256, SST-2, full", ENCODER, rows(SST2, 3000), FULL),
    case("encoder 4x256, AG News, LoRA q,v, bfloat16", ENCODER, rows(AG_NEWS, 1500), QUERY_VALUE, dtype="bfloat16"),
    case("encoder 4x256, WNUT 17, DoRA all linear", ENCODER, rows(NER, 1500), lora(use_dora=True),
         "token-classification"),
    case("encoder 4x256, AG News, LoRA in the last block, prefix kept", ENCODER, rows(AG_NEWS, 1500),
         lora(layers_to_transform=[3]), num_train_epochs=3),
    case("encoder 4x256, SQuAD-like, LoRA all linear, checkpointing", ENCODER, rows(SQUAD, 200), ALL_LINEAR,
         "question-answering", gradient_checkpointing=True, per_device_train_batch_size=16),
    case("builtin decoder, instructions, LoRA all linear", "builtin:decoder",
         {"train": "builtin:instructions"}, ALL_LINEAR, "causal-lm", num_train_epochs=1),
    case("stories260k, TinyStories, full", "assets/models/llama-stories260k", rows(STORIES, 400), FULL, "causal-lm"),
    case("random BERT 12x768, SST-2, LoRA q,v", "random:12x768", rows(SST2, 96), QUERY_VALUE, max_steps=3,
         per_device_train_batch_size=16),
    case("random BERT 12x768, AG News, LoRA q,v, bfloat16", "random:12x768", rows(AG_NEWS, 96), QUERY_VALUE,
         max_steps=3, dtype="bfloat16"),
]

HELD_OUT = [
    case("encoder 4x256, SST-2, LoRA-FA all linear, r=16", ENCODER, rows(SST2, 2500), lora(r=16, lora_fa=True)),
    case("encoder 4x256, STS-B, DoRA q,v", ENCODER, rows(STSB, 1500), dict(QUERY_VALUE, use_dora=True), "regression"),
    case("encoder 4x256, AG News, full, checkpointing", ENCODER, rows(AG_NEWS, 800), FULL, gradient_checkpointing=True),
    case("encoder 4x256, WNUT 17, LoRA in blocks 2 and 3, prefix kept", ENCODER, rows(NER, 2000),
         lora(layers_to_transform=[2, 3]), "token-classification", num_train_epochs=3),
    case("encoder 4x256, AG News, head alone, no cache", ENCODER, rows(AG_NEWS, 2000), HEAD, prefix_cache="off"),
    case("builtin encoder, topics, PiSSA all linear", "builtin:encoder", {"train": "builtin:topics"},
         lora(init_lora_weights="pissa")),
    case("builtin decoder, instructions, full", "builtin:decoder", {"train": "builtin:instructions"}, FULL,
         "causal-lm", num_train_epochs=1),
    case("stories260k, TinyStories, LoRA q,v, batches of 8", "assets/models/llama-stories260k", rows(STORIES, 500),
         QUERY_VALUE, "causal-lm", per_device_train_batch_size=8),
    case("random BERT 6x512, AG News, LoRA all linear, bfloat16", "random:6x512", rows(AG_NEWS, 256), ALL_LINEAR,
         max_steps=8, dtype="bfloat16"),
    case("random BERT 8x768, SST-2, full", "random:8x768", rows(SST2, 128), FULL, max_steps=4),
]

SECOND = [
    case("encoder 4x256, SST-2, LoRA q,v, r=1, batches of 8", ENCODER, rows(SST2, 2000), dict(QUERY_VALUE, r=1),
         per_device_train_batch_size=8),
    case("encoder 4x256, AG News, LoRA all linear, r=64", ENCODER, rows(AG_NEWS, 900), lora(r=64)),
    case("encoder 4x256, wiki text, masked words, LoRA all linear", ENCODER,
         {"train": "assets/datasets/lm_text/wiki_demo.txt", "max_train_samples": 300}, ALL_LINEAR, "masked-lm"),
    case("encoder 4x256, STS-B, full, dropout 0.1, one worker", ENCODER, rows(STSB, 700), FULL, "regression",
         hidden_dropout=0.1, threads=1),
    case("encoder 4x256, SQuAD-like, LoRA in the last two blocks, bfloat16", ENCODER, rows(SQUAD, 250),
         lora(layers_to_transform=[2, 3]), "question-answering", dtype="bfloat16"),
    case("builtin encoder, sentiment, BitFit", "builtin:encoder", {"train": "builtin:sentiment"},
         {"type": "head", "bias": "all"}),
    case("builtin decoder, instructions, DoRA all linear, bfloat16", "builtin:decoder",
         {"train": "builtin:instructions"}, lora(use_dora=True), "causal-lm", num_train_epochs=1, dtype="bfloat16"),
    case("stories260k, TinyStories, LoRA all linear, 128 tokens", "assets/models/llama-stories260k",
         dict(rows(STORIES, 600), max_length=128), ALL_LINEAR, "causal-lm"),
    case("random BERT 3x1024, AG News, LoRA q,v, checkpointing", "random:3x1024", rows(AG_NEWS, 128), QUERY_VALUE,
         max_steps=4, gradient_checkpointing=True),
    case("random BERT 10x384, SST-2, OLoRA all linear", "random:10x384", rows(SST2, 500),
         lora(init_lora_weights="olora")),
]

SETS = {"tuning": TUNING, "held-out": HELD_OUT, "second": SECOND}
