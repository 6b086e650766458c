#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lora {

/// Words [begin, end) of one type.
struct EntitySpan
{
    std::string type;
    std::size_t begin = 0;
    std::size_t end = 0;

    bool operator==(const EntitySpan&) const = default;
};

/// Entities of a sequence of tags as seqeval reads them: "B-x" begins one, "I-x" goes on or, after another
/// type or "O", begins one too (IOB1); "E-", "S-" of BIOES are known. A tag without prefix counts as "I-".
std::vector<EntitySpan> entitiesOf(const std::vector<std::string>& tags);

/// Precision, recall and F1 over entities (type and both ends right) of many sequences, and accuracy over
/// tags.
class EntityCounter
{
public:
    /// Both of the same length.
    void add(const std::vector<std::string>& truth, const std::vector<std::string>& predicted);

    double precision() const;
    double recall() const;
    double f1() const;
    double accuracy() const;

    std::int64_t both() const { return m_both; } ///< entities found that are right
    std::int64_t truth() const { return m_truth; }
    std::int64_t predicted() const { return m_predicted; }
    std::int64_t tags() const { return m_tags; }
    std::int64_t rightTags() const { return m_rightTags; }

    EntityCounter& operator+=(const EntityCounter& other);

private:
    std::int64_t m_both = 0, m_truth = 0, m_predicted = 0;
    std::int64_t m_tags = 0, m_rightTags = 0;
};

} // namespace lora
