#pragma once

#include <cstdint>
#include <set>
#include <string>

namespace lora::bench {

/// One case: the shape of a model, what is trained of it, and the batches. Names and defaults are those of
/// the PyTorch program it is compared with.
struct BenchmarkOptions
{
    std::string family = "bert"; ///< bert, gpt2, llama
    std::int64_t layers = 4;
    std::int64_t hidden = 256;
    std::int64_t heads = 4;
    std::int64_t ffn = 0; ///< 0: 4 · hidden
    std::int64_t vocab = 30522;
    std::int64_t classes = 2;
    int batch = 32;
    int seq = 64;
    std::string mode = "lora"; ///< lora, full, head
    int rank = 8;
    double alpha = 16;
    std::string targets = "q,v"; ///< of q k v o up down gate c_attn, or all-linear
    int top = 0;                 ///< train only the last blocks; 0: all
    bool isTied = true;
    std::string padding = "none"; ///< none: every row has `seq` tokens; random: log-normal lengths
    double lenMedian = 10;
    double lenSigma = 0.7;
    std::string dtype = "f32"; ///< f32, bf16
    double learningRate = 1e-4;
    int steps = 20;
    int warmup = 3;
    int threads = 0; ///< 0: one per processor
    std::uint64_t seed = 0;

    bool isEncoder() const { return family == "bert"; }
};

} // namespace lora::bench
