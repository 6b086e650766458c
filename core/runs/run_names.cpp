#include "core/runs/run_names.h"

#include <string_view>

namespace lora {

namespace {

bool isIn(std::string_view set, char character)
{
    return set.find(character) != set.npos;
}

bool isOfAWord(char character)
{
    return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') ||
           (character >= 'A' && character <= 'Z') || character == '_';
}

/// Where "seed 2", which would begin at `start`, ends; npos when it does not stand there as words of its own.
std::size_t endOfSeed(std::string_view name, std::size_t start, std::string_view seed)
{
    if (start > 0 && isOfAWord(name[start - 1]))
        return name.npos;
    std::size_t end = start + std::string_view("seed").size();
    while (end < name.size() && isIn(" \t_=-", name[end]))
        ++end;
    if (name.substr(end, seed.size()) != seed)
        return name.npos;
    end += seed.size();
    if (end < name.size() && isOfAWord(name[end]))
        return name.npos;
    return end < name.size() && name[end] == ')' ? end + 1 : end;
}

} // namespace

// No std::regex: it descends once for every character, and a name can be long.
std::string nameWithoutSeed(const std::string& name, std::uint64_t seed)
{
    const std::string number = std::to_string(seed);
    std::string shorter;
    std::size_t kept = 0; // what is before it has been copied or left out
    for (std::size_t at = name.find("seed"); at != name.npos; at = name.find("seed", at + 1)) {
        const std::size_t end = endOfSeed(name, at, number);
        if (end == name.npos)
            continue;
        while (at > kept && isIn(" \t,;()_-", name[at - 1]))
            --at;
        shorter.append(name, kept, at - kept);
        kept = end;
        at = end - 1;
    }
    shorter.append(name, kept);
    return shorter.empty() ? name : shorter;
}

} // namespace lora
