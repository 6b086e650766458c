#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <vector>

namespace lora {

// Work of many independent parts (rows to tokenise, tensors to convert) on all processors this process may
// use. What comes out never depends on how many there are: parts write to places of their own, and of several
// errors the first part's counts.

/// Processors this process may use, at least 1.
int availableProcessors();

/// Calls task(begin, end) for the parts of [0, count), `partSize` items each, from several threads, the
/// caller's among them, and returns when all are done. One part runs in the caller alone, as does everything
/// when called from inside a part. Exceptions: that of the lowest part is thrown here.
void forEachPart(std::size_t count, std::size_t partSize,
                 const std::function<void(std::size_t begin, std::size_t end)>& task);

/// consume(i, produce(i)) for each i of [0, count) in order, where `produce` runs in parallel, ahead of
/// `consume` by a bounded number of items. An exception of produce(i) is thrown where i would be consumed:
/// all before it have been.
template <class Produce, class Consume>
void produceInParallel(std::size_t count, const Produce& produce, const Consume& consume)
{
    using Item = std::invoke_result_t<Produce, std::size_t>;
    constexpr std::size_t mostAhead = 8192;
    constexpr std::size_t partSize = 128;
    std::vector<std::optional<Item>> items;
    std::vector<std::exception_ptr> errors;
    for (std::size_t first = 0; first < count; first += mostAhead) {
        const std::size_t ahead = count - first < mostAhead ? count - first : mostAhead;
        items.clear();
        items.resize(ahead);
        errors.assign(ahead, nullptr);
        forEachPart(ahead, partSize, [&](std::size_t begin, std::size_t end) {
            for (std::size_t i = begin; i < end; ++i) {
                try {
                    items[i].emplace(produce(first + i));
                } catch (...) {
                    errors[i] = std::current_exception();
                    return; // nothing behind it is consumed
                }
            }
        });
        for (std::size_t i = 0; i < ahead; ++i) {
            if (errors[i])
                std::rethrow_exception(errors[i]);
            consume(first + i, std::move(*items[i]));
        }
    }
}

} // namespace lora
