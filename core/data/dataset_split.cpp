#include "core/data/dataset_split.h"

#include "core/base/error.h"
#include "core/base/rng.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

namespace lora {

namespace {

using Rows = std::vector<std::uint32_t>;

/// The tokens of a row as bytes: equal exactly for equal rows. For a pair the type ids tell where the second
/// text begins.
std::string keyOf(const TokenizedExample& example)
{
    const auto bytes = [](const std::vector<std::int32_t>& ids) {
        return std::string(reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof(std::int32_t));
    };
    return bytes(example.inputIds) + bytes(example.tokenTypeIds);
}

/// Whether what is parted are whole rows: the windows of a question, the blocks of a document stay together
/// where there are rows enough to part.
bool isByRow(const TokenizedDataset& dataset)
{
    constexpr std::size_t fewRows = 10;
    std::unordered_set<std::uint32_t> rows;
    for (const TokenizedExample& example : dataset.examples)
        rows.insert(example.row);
    return rows.size() < dataset.size() && rows.size() >= (dataset.sources.empty() ? fewRows : 2);
}

/// Rows with the same tokens, by class of their first row, all in file order.
std::map<std::int32_t, std::vector<Rows>> groupsByClass(const TokenizedDataset& dataset)
{
    std::map<std::int32_t, std::vector<Rows>> groups;
    std::unordered_map<std::string, std::pair<std::int32_t, std::size_t>> seen;
    const bool byRow = isByRow(dataset);
    for (std::uint32_t row = 0; row < dataset.size(); ++row) {
        const TokenizedExample& example = dataset.examples[row];
        auto& own = groups[example.classLabel];
        const std::string key = byRow ? std::to_string(example.row) : keyOf(example);
        const auto [found, isNew] = seen.try_emplace(key, example.classLabel, own.size());
        if (isNew)
            own.push_back({row});
        else
            groups[found->second.first][found->second.second].push_back(row);
    }
    return groups;
}

std::size_t countRows(const std::vector<Rows>& groups)
{
    std::size_t count = 0;
    for (const Rows& group : groups)
        count += group.size();
    return count;
}

} // namespace

RowSplit splitRows(const TokenizedDataset& dataset, double share, std::uint64_t seed)
{
    auto classes = groupsByClass(dataset);
    Rng rng(seed, "split");
    RowSplit split;
    std::vector<Rows>* largest = nullptr;
    for (auto& [label, groups] : classes) {
        shuffle(groups, rng);
        if (groups.size() >= 2 && (!largest || groups.size() > largest->size()))
            largest = &groups;
        const auto wanted =
            static_cast<std::size_t>(std::llround(static_cast<double>(countRows(groups)) * share));
        std::size_t held = 0;
        // The last group stays: a class nobody trains on could not be evaluated either. A text told so often
        // that it would be far more than the share stays too.
        for (std::size_t i = groups.size(); i-- > 0 && held < wanted && groups.size() >= 2;) {
            if (held + groups[i].size() > 2 * wanted)
                continue;
            held += groups[i].size();
            split.eval.insert(split.eval.end(), groups[i].begin(), groups[i].end());
            groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
    if (split.eval.empty()) {
        if (!largest)
            throw Error(ErrorKind::BadInput,
                        fmt::format("{}: no two different rows{}, so none can be held out for evaluation",
                                    dataset.source, classes.size() > 1 ? " of one class" : ""),
                        "Add rows, or give a file of its own as data.eval.");
        const auto bySize = [](const Rows& a, const Rows& b) { return a.size() < b.size(); };
        std::ranges::rotate(*largest, std::next(std::ranges::min_element(*largest, bySize)));
        split.eval = largest->back();
        largest->pop_back();
    }
    for (const auto& [label, groups] : classes) {
        for (const Rows& group : groups)
            split.train.insert(split.train.end(), group.begin(), group.end());
    }
    std::ranges::sort(split.train);
    std::ranges::sort(split.eval);
    return split;
}

TokenizedDataset selectRows(const TokenizedDataset& dataset, const std::vector<std::uint32_t>& rows)
{
    TokenizedDataset selected;
    selected.masking = dataset.masking;
    selected.labelNames = dataset.labelNames;
    selected.sources = dataset.sources;
    selected.source = dataset.source;
    selected.hash = dataset.hash;
    selected.examples.reserve(rows.size());
    for (const std::uint32_t row : rows)
        selected.examples.push_back(dataset.examples[row]);
    return selected;
}

std::vector<std::uint32_t> sharedRows(const TokenizedDataset& train, const TokenizedDataset& eval)
{
    std::unordered_set<std::string> trained;
    for (const TokenizedExample& example : train.examples)
        trained.insert(keyOf(example));
    std::vector<std::uint32_t> shared;
    for (std::uint32_t row = 0; row < eval.size(); ++row) {
        if (trained.contains(keyOf(eval.examples[row])))
            shared.push_back(row);
    }
    return shared;
}

} // namespace lora
