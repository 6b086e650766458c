#pragma once

#include "core/config/experiment_config.h"
#include "core/data/column_mapping.h"
#include "core/data/data_table.h"
#include "core/data/tokenized_dataset.h"
#include "core/text/tokenizer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lora {

/// The data of one experiment, ready for training.
struct LoadedData
{
    TokenizedDataset train;
    TokenizedDataset eval;
    DataTable trainPreview;   ///< first rows as they stand in the file; empty for tokenised data
    DataTable evalPreview;    ///< the same; empty also when rows of the training file are held out
    ColumnMapping columns;    ///< what was used, inferred roles included
    bool isTokenized = false; ///< the files held token ids
    std::vector<std::string>
        notices; ///< sentences for the user: rows held out, cut, shared between train and eval
};

/// Reads, maps, tokenises and parts the data `config` names: files or builtin names, texts or token ids.
/// `tokenizer` may be null for token ids. `seed` decides which rows are held out. Throws lora::Error as the
/// parts do (dataset_reader, column_mapping, table_tokenizer, tokenized_reader, dataset_split); BadInput
/// naming the data sets there are for an unknown builtin name.
LoadedData loadDataset(const DataConfig& config, TaskType task, const Tokenizer* tokenizer,
                       std::uint64_t seed);

/// How one file is read for a model that is already trained.
struct RowsRequest
{
    std::string file; ///< or a builtin name, which stands for its evaluation rows
    ColumnMapping columns;
    TaskType task = TaskType::SequenceClassification;
    int maxLength = 128;
    std::vector<std::string> labelNames; ///< the model's classes
    bool areLabelsRequired = true;       ///< false: for prediction
    std::optional<int> docStride;        ///< as in DataConfig
    bool trainOnPrompt = false;          ///< as in DataConfig
};

/// Rows of one file for evaluation or prediction.
TokenizedDataset loadRows(const RowsRequest& request, const Tokenizer* tokenizer);

} // namespace lora
