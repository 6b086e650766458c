#pragma once

#include "core/base/rng.h"

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lora::builtin {

/// Text for slots: {"noun", "soup"} fills "{noun}".
using Fill = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// Replaces "{name}" by the given texts; other slots are left as they are.
std::string fillSlots(std::string_view pattern, Fill values);

/// Expands "{name}" by a random entry of the word list of that name, again and again, until no slot is left.
/// Throws lora::Error (Internal) naming an unknown list.
std::string expand(std::string_view pattern,
                   const std::map<std::string, std::vector<std::string>, std::less<>>& lists, Rng& rng);
/// The neutral lists that all tasks share: relative, weekday, month, town, country, number, ordinal, colour,
/// daytime, name.
std::string expandNeutral(std::string_view pattern, Rng& rng);
const std::map<std::string, std::vector<std::string>, std::less<>>& neutralLists();

/// "colder", "more charming", "worse".
std::string comparativeOf(const std::string& adjective);

/// "an awful room" for "a awful room", capitals at sentence starts, one full stop at the end.
std::string finishSentence(std::string text);

template <class Item>
const Item& pick(const std::vector<Item>& items, Rng& rng)
{
    return items[rng.below(items.size())];
}

template <class Item, std::size_t count>
const Item& pick(const Item (&items)[count], Rng& rng)
{
    return items[rng.below(count)];
}

inline bool chance(double probability, Rng& rng)
{
    return rng.uniform() < probability;
}

} // namespace lora::builtin
