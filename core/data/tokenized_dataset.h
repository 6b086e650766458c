#pragma once

#include "core/config/task.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lora {

/// One row of data as the model sees it.
struct TokenizedExample
{
    std::vector<std::int32_t> inputIds;
    std::vector<std::int32_t> tokenTypeIds; ///< same length
    std::int32_t classLabel = -1;           ///< sequence classification; -1: unlabelled
    std::vector<std::int32_t> tokenLabels;  ///< same length as inputIds where the task has token labels, else empty
    std::uint32_t line = 0;                 ///< line in the data file, for messages
    bool isTruncated = false;
};

/// A data set ready for training: examples, the labels' names and what identifies it.
struct TokenizedDataset
{
    std::vector<TokenizedExample> examples;
    std::vector<std::string> labelNames; ///< class id -> name; empty where the task has none
    std::string source;                  ///< file or builtin name
    std::string hash;                    ///< of the file's bytes, 16 hexadecimal digits

    std::size_t size() const { return examples.size(); }
    std::int64_t tokens() const;
    std::vector<std::int32_t> lengths() const;
    std::size_t truncatedCount() const;
};

} // namespace lora
