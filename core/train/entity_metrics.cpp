#include "core/train/entity_metrics.h"

#include "core/base/check.h"

#include <algorithm>
#include <string_view>

namespace lora {

namespace {

struct Tag
{
    char prefix = 'O';
    std::string_view type;
};

Tag parsed(std::string_view tag)
{
    if (tag.empty() || tag == "O")
        return {};
    if (tag.size() >= 2 && tag[1] == '-' && std::string_view("BIESLU").find(tag[0]) != std::string_view::npos)
        return {tag[0], tag.substr(2)};
    return {'I', tag};
}

double share(std::int64_t part, std::int64_t whole)
{
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

} // namespace

std::vector<EntitySpan> entitiesOf(const std::vector<std::string>& tags)
{
    std::vector<EntitySpan> entities;
    Tag previous;
    for (std::size_t i = 0; i < tags.size(); ++i) {
        const Tag tag = parsed(tags[i]);
        const bool isClosed = std::string_view("OESLU").find(previous.prefix) != std::string_view::npos;
        const bool isNew = std::string_view("BSU").find(tag.prefix) != std::string_view::npos || isClosed ||
                           tag.type != previous.type;
        if (tag.prefix != 'O' && isNew)
            entities.push_back({std::string(tag.type), i, i + 1});
        else if (tag.prefix != 'O')
            entities.back().end = i + 1;
        previous = tag;
    }
    return entities;
}

void EntityCounter::add(const std::vector<std::string>& truth, const std::vector<std::string>& predicted)
{
    LORA_ASSERT(truth.size() == predicted.size());
    const std::vector<EntitySpan> right = entitiesOf(truth);
    const std::vector<EntitySpan> found = entitiesOf(predicted);
    m_truth += static_cast<std::int64_t>(right.size());
    m_predicted += static_cast<std::int64_t>(found.size());
    // Both are in the order of the text and entities do not overlap: one way through both.
    for (std::size_t r = 0, f = 0; r < right.size() && f < found.size();) {
        m_both += right[r] == found[f] ? 1 : 0;
        const std::size_t begin = right[r].begin;
        r += begin <= found[f].begin ? 1 : 0;
        f += found[f].begin <= begin ? 1 : 0;
    }
    m_tags += static_cast<std::int64_t>(truth.size());
    for (std::size_t i = 0; i < truth.size(); ++i)
        m_rightTags += truth[i] == predicted[i] ? 1 : 0;
}

EntityCounter& EntityCounter::operator+=(const EntityCounter& other)
{
    m_both += other.m_both;
    m_truth += other.m_truth;
    m_predicted += other.m_predicted;
    m_tags += other.m_tags;
    m_rightTags += other.m_rightTags;
    return *this;
}

double EntityCounter::precision() const
{
    return share(m_both, m_predicted);
}

double EntityCounter::recall() const
{
    return share(m_both, m_truth);
}

double EntityCounter::f1() const
{
    return share(2 * m_both, m_truth + m_predicted);
}

double EntityCounter::accuracy() const
{
    return share(m_rightTags, m_tags);
}

} // namespace lora
