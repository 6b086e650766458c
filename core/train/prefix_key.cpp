#include "core/train/prefix_key.h"

#include "core/io/mapped_file.h"

#include <fmt/format.h>

namespace lora {

namespace {

/// To be raised when the engine computes other bits from the same weights.
constexpr int engineRevision = 1;

template <class T>
std::string hashOfNumbers(const std::vector<T>& numbers)
{
    return hashOf(std::as_bytes(std::span(numbers)));
}

/// Hash of every frozen weight of the trunk, in its order.
std::string weightsHash(LanguageModel<float>& model, WorkerPool& pool)
{
    std::vector<const Parameter<float>*> frozen;
    model.trunk().visitParameters([&](Parameter<float>& parameter) {
        if (!parameter.isTrainable())
            frozen.push_back(&parameter);
    });
    std::vector<std::string> hashes(frozen.size());
    const auto workers = static_cast<std::size_t>(pool.size());
    pool.run([&](int worker) {
        for (auto i = static_cast<std::size_t>(worker); i < frozen.size(); i += workers)
            hashes[i] = frozen[i]->name() + " " + hashOf(frozen[i]->bytes());
    });
    std::string all;
    for (const std::string& hash : hashes)
        all += hash + "\n";
    return all;
}

std::string dataHash(const EvaluationLoader& batches)
{
    std::string all;
    Batch batch;
    for (std::size_t i = 0; i < batches.size(); ++i) {
        batches.load(i, batch);
        all += hashOfNumbers(batch.inputIds) + hashOfNumbers(batch.tokenTypeIds) +
               hashOfNumbers(batch.sequenceOffsets) + "\n";
    }
    return all;
}

} // namespace

std::string prefixKey(LanguageModel<float>& model, const EvaluationLoader& batches, int layer,
                      const std::string& dtype, WorkerPool& pool)
{
    const std::string text =
        fmt::format("{} {} {}\n{}\n{}\n{}{}", LORA_WORKBENCH_VERSION, engineRevision, dtype, layer,
                    model.config().document.dump(), weightsHash(model, pool), dataHash(batches));
    return hashOf(std::as_bytes(std::span(text)));
}

} // namespace lora
