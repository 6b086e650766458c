"""The cases of the comparison: shapes, what is trained of them, batches. Arguments are understood by both programs."""

BERT_TINY = "--family bert --layers 2 --hidden 128 --heads 2 --batch 32 --seq 64"
BERT_SMALL = "--family bert --layers 4 --hidden 256 --heads 4 --batch 32 --seq 64"
BERT_BASE = "--family bert --layers 12 --hidden 768 --heads 12 --batch 16 --seq 128"
GPT2_LIKE = "--family gpt2 --layers 4 --hidden 256 --heads 4 --vocab 8000 --batch 16 --seq 128"
GPT2_SMALL = "--family gpt2 --layers 12 --hidden 768 --heads 12 --vocab 50257 --batch 4 --seq 256"
LLAMA_LIKE = "--family llama --layers 6 --hidden 288 --heads 6 --ffn 768 --vocab 32000 --batch 8 --seq 256"

# Log-normal lengths: SST-2's phrases have a median of 10 tokens, AG News' articles one of about 40.
SST2 = "--padding random --len-median 10 --len-sigma 0.7"
AG_NEWS = "--padding random --len-median 40 --len-sigma 0.3"

QUERY_VALUE = "--mode lora --targets q,v --rank 8"
ALL_LINEAR = "--mode lora --targets all-linear --rank 8"
FUSED = "--mode lora --targets c_attn --rank 8"
FULL = "--mode full"
BFLOAT16 = "--dtype bf16"


class StepCase:
    """Whole training steps of one shape. `steps` is what one round measures, after `warmup`."""

    def __init__(self, name, *arguments, size="small"):
        self.name = name
        self.arguments = " ".join(arguments).split()
        self.is_quick = size == "small"
        self.steps, self.warmup = {"small": (24, 3), "medium": (12, 2), "large": (4, 1)}[size]
        if "--padding" in self.arguments:  # whole rounds through the pool of eight batches
            self.steps = -(-self.steps // 8) * 8

    @property
    def is_bfloat16(self):
        return "bf16" in self.arguments


def _bert_small():
    cases = [StepCase("bert-4x256 LoRA q,v r=%d" % rank, BERT_SMALL, QUERY_VALUE.replace("8", str(rank)))
             for rank in (1, 4, 8, 16, 64)]
    return cases + [
        StepCase("bert-4x256 LoRA all linear", BERT_SMALL, ALL_LINEAR),
        StepCase("bert-4x256 full", BERT_SMALL, FULL),
        StepCase("bert-4x256 LoRA q,v, SST-2 lengths", BERT_SMALL, QUERY_VALUE, SST2),
        StepCase("bert-4x256 LoRA all linear, SST-2 lengths", BERT_SMALL, ALL_LINEAR, SST2),
        StepCase("bert-4x256 full, SST-2 lengths", BERT_SMALL, FULL, SST2),
        StepCase("bert-4x256 LoRA q,v, bfloat16", BERT_SMALL, QUERY_VALUE, BFLOAT16),
        StepCase("bert-4x256 LoRA all linear, bfloat16", BERT_SMALL, ALL_LINEAR, BFLOAT16),
    ]


STEP_CASES = [
    StepCase("bert-2x128 LoRA q,v", BERT_TINY, QUERY_VALUE),
    StepCase("bert-2x128 LoRA q,v, SST-2 lengths", BERT_TINY, QUERY_VALUE, SST2),
    *_bert_small(),
    StepCase("gpt2-4x256 LoRA c_attn", GPT2_LIKE, FUSED),
    StepCase("gpt2-4x256 full", GPT2_LIKE, FULL),
    StepCase("gpt2-4x256 LoRA c_attn, bfloat16", GPT2_LIKE, FUSED, BFLOAT16),
    StepCase("llama-6x288 LoRA q,v", LLAMA_LIKE, QUERY_VALUE, size="medium"),
    StepCase("llama-6x288 full", LLAMA_LIKE, FULL, size="medium"),
    StepCase("llama-6x288 LoRA q,v, bfloat16", LLAMA_LIKE, QUERY_VALUE, BFLOAT16, size="medium"),
    StepCase("bert-base LoRA q,v", BERT_BASE, QUERY_VALUE, size="large"),
    StepCase("bert-base LoRA q,v, AG News lengths", BERT_BASE, QUERY_VALUE, AG_NEWS, size="large"),
    StepCase("bert-base LoRA q,v of the top 2", BERT_BASE, QUERY_VALUE, "--top 2", size="large"),
    StepCase("bert-base full", BERT_BASE, FULL, size="large"),
    StepCase("bert-base LoRA q,v, bfloat16", BERT_BASE, QUERY_VALUE, BFLOAT16, size="large"),
    StepCase("gpt2-small LoRA c_attn", GPT2_SMALL, FUSED, size="large"),
    StepCase("gpt2-small full", GPT2_SMALL, FULL, size="large"),
    StepCase("gpt2-small LoRA c_attn, bfloat16", GPT2_SMALL, FUSED, BFLOAT16, size="large"),
]
