#pragma once

#include "core/config/task.h"
#include "core/data/batch.h"
#include "core/math/matrix.h"
#include "core/models/task_head.h"
#include "core/train/example_outcomes.h"

#include <span>
#include <vector>

namespace lora {

/// Adds the loss of each of the batch's sequences to its example's: from `logits` as HeadPass has them, in
/// language modelling from `itemLosses`, one for each labelled token. Unlabelled sequences add nothing.
void addLosses(TaskType task, const Batch& batch, ConstMatrix<float> logits,
               std::span<const ItemLoss> itemLosses, std::vector<ExampleLoss>& losses);

} // namespace lora
