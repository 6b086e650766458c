#pragma once

#include "core/config/task.h"
#include "core/nn/block_stage.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lora {

/// One linear module as the layer map shows it.
struct ModuleInfo
{
    std::string name; ///< Hugging Face's path, for example "bert.encoder.layer.0.attention.self.query"
    std::int64_t inFeatures = 0;
    std::int64_t outFeatures = 0;
    int block = -1;         ///< block index, -1 outside the stack (pooler, classifier)
    std::string column;     ///< what is left of the name after the block, for example "attention.self.query"
    bool isHead = false;    ///< part of the task's head: trained, never a LoRA target of "all-linear"
    bool isMissing = false; ///< not in the checkpoint: will be newly initialised
    std::optional<BlockStage> stage; ///< inside a block
    bool isQuery = false;            ///< gives queries alone, see LinearSite
    bool isOutputEmbedding = false;  ///< turns hidden states into logits over the vocabulary
    bool isTied = false;             ///< its weight is the word embeddings'
};

/// Where in a model a weight lies.
enum class WeightPlace {
    Embeddings,  ///< below the blocks
    Block,       ///< a linear module or norm of one
    AboveBlocks, ///< the norm after the last block
    Head
};

/// One weight: name and shape as Hugging Face has them.
struct ParameterInfo
{
    std::string name;
    std::vector<std::int64_t> shape;
    WeightPlace place = WeightPlace::Embeddings;
    int block = -1;                  ///< in a block: its index
    std::optional<BlockStage> stage; ///< in a block
    bool isMapped = false;           ///< used as it lies in the file, until it is trained

    std::int64_t size() const
    {
        std::int64_t count = 1;
        for (const std::int64_t extent : shape)
            count *= extent;
        return count;
    }
};

/// What can be told about a model folder from its config.json and its tensors' headers, without loading
/// weights.
struct ModelSummary
{
    std::string path; ///< as given: a folder or "builtin:encoder"
    std::string family;
    std::string architecture; ///< architectures[0] of config.json
    std::int64_t parameters = 0;
    std::int64_t fileBytes = 0;
    std::vector<TaskType> tasks;                      ///< what this family's models can be trained for
    TaskType task = TaskType::SequenceClassification; ///< what the modules below are for
    std::int64_t numLayers = 0;
    std::int64_t numBlocks = 0; ///< with weights of their own; fewer than layers where layers share them
    std::int64_t hiddenSize = 0;
    std::int64_t numHeads = 0;
    std::int64_t numKeyValueHeads = 0;
    std::int64_t headDim = 0;
    std::int64_t intermediateSize = 0;
    std::int64_t vocabSize = 0;
    std::int64_t maxPositions = 0;
    bool isDecoder = false;
    double dropout = 0; ///< largest probability of the trunk's own layers
    bool hasTokenizer = false;
    std::vector<ModuleInfo> modules;          ///< in order of the forward pass, task head last
    std::vector<ParameterInfo> parameterList; ///< every weight once, in the model's order
    std::vector<std::string>
        notices; ///< what the user should know, for example "no pooler in this checkpoint: …"
};

} // namespace lora
