#include "core/train/shared_gradients.h"

#include <algorithm>

namespace lora {

namespace {

/// Trained weights that a pass adds to once.
template <class T>
std::vector<const Parameter<T>*> weightsMetOnce(LanguageModel<T>& model)
{
    const std::vector<LinearSite<T>> sites = model.linears();
    int blocks = 0;
    for (const LinearSite<T>& site : sites)
        blocks = std::max(blocks, site.block + 1);
    const bool hasSharedBlocks = blocks < model.trunk().layers();
    const Parameter<T>* word = &model.trunk().wordEmbeddings();
    std::vector<const Parameter<T>*> weights;
    for (const LinearSite<T>& site : sites) {
        if (&site.linear->usedWeight() == word)
            word = nullptr; // tied
        else if (site.linear != model.head().outputEmbedding() && !(site.block >= 0 && hasSharedBlocks))
            weights.push_back(&site.linear->weight);
    }
    if (word)
        weights.push_back(word);
    std::erase_if(weights, [](const Parameter<T>* weight) { return !weight->isTrainable(); });
    return weights;
}

} // namespace

template <class T>
std::vector<SharedGradient> sharedGradients(LanguageModel<T>& model, const TrainableParameters<T>& trainable,
                                            int workers, GradientSharing sharing)
{
    std::vector<SharedGradient> shared;
    if (sharing == GradientSharing::None || trainable.size() == 0)
        return shared;
    std::int64_t numbers = 0;
    for (const Parameter<T>* weight : weightsMetOnce(model))
        if (sharing == GradientSharing::All || weight->size() >= largeGradient) {
            numbers += weight->size();
            shared.push_back(
                {weight->gradientOffset(), weight->size(), weight == &model.trunk().wordEmbeddings()});
        }
    if (sharing == GradientSharing::Large && !isSharingWorthwhile(numbers, workers))
        shared.clear();
    return shared;
}

template std::vector<SharedGradient> sharedGradients(LanguageModel<float>&, const TrainableParameters<float>&,
                                                     int, GradientSharing);
template std::vector<SharedGradient>
sharedGradients(LanguageModel<double>&, const TrainableParameters<double>&, int, GradientSharing);

} // namespace lora
