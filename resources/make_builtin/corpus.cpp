#include "resources/make_builtin/corpus.h"

#include "resources/make_builtin/grammar.h"
#include "resources/make_builtin/knowledge.h"
#include "resources/make_builtin/profiles.h"
#include "resources/make_builtin/topics_task.h"

#include <utility>

namespace lora::builtin {
namespace {

constexpr double reviewShare = 0.63;
constexpr double reportShare = 0.3;   ///< the rest are plain remarks
constexpr double accountShare = 0.65; ///< of reviews
constexpr double verdictShare = 0.8;  ///< of reviews
constexpr double verdictFirstShare = 0.3;
constexpr double briefShare = 0.4;    ///< of reports
constexpr double followUpShare = 0.7; ///< of reports

template <class WriteRow>
std::vector<LabelledText> distinctRows(std::size_t count, Split split, Rng& rng,
                                       std::unordered_set<std::string>& seen, WriteRow writeRow)
{
    std::vector<LabelledText> rows;
    rows.reserve(count);
    while (rows.size() < count) {
        LabelledText row = writeRow(split, rng);
        if (seen.insert(row.text).second)
            rows.push_back(std::move(row));
    }
    return rows;
}

template <class WriteRow>
TaskRows makeRows(const CorpusSizes& sizes, std::uint64_t seed, std::string_view task, WriteRow writeRow)
{
    std::unordered_set<std::string> seen;
    Rng evalRng(seed, std::string(task) + " eval");
    Rng trainRng(seed, std::string(task) + " train");
    TaskRows rows;
    rows.eval = distinctRows(sizes.evalRows, Split::Eval, evalRng, seen, writeRow);
    rows.train = distinctRows(sizes.trainRows, Split::Train, trainRng, seen, writeRow);
    return rows;
}

} // namespace

TaskRows makeSentimentRows(const CorpusSizes& sizes, std::uint64_t seed)
{
    return makeRows(sizes, seed, "sentiment", writeSentimentRow);
}

TaskRows makeTopicRows(const CorpusSizes& sizes, std::uint64_t seed)
{
    return makeRows(sizes, seed, "topics", writeTopicRow);
}

std::string toTsv(const std::vector<LabelledText>& rows)
{
    std::string text = "text\tlabel\n";
    for (const LabelledText& row : rows)
        text += row.text + '\t' + row.label + '\n';
    return text;
}

std::unordered_set<std::string> evalTexts(const TaskRows& sentiment, const TaskRows& topics, const QaRows& qa,
                                          const InstructionRows& instructions)
{
    std::unordered_set<std::string> texts;
    for (const TaskRows* task : {&sentiment, &topics})
        for (const LabelledText& row : task->eval)
            texts.insert(row.text);
    for (const QaParagraph& paragraph : qa.eval)
        texts.insert(paragraph.context);
    for (const InstructionRow& row : instructions.eval) {
        constexpr std::string_view opening = "Input: ";
        const std::size_t begin = row.prompt.find(opening);
        if (begin != std::string::npos)
            texts.insert(
                row.prompt.substr(begin + opening.size(), row.prompt.rfind('\n') - begin - opening.size()));
    }
    return texts;
}

PretrainingText::PretrainingText(std::uint64_t seed, std::unordered_set<std::string> excluded,
                                 const TextMix& mix)
    : m_rng(seed, "pretraining")
    , m_excluded(std::move(excluded))
    , m_mix(mix)
{}

std::string PretrainingText::next()
{
    std::string text;
    do {
        text = anyText();
    } while (holdsExcluded(text));
    return text;
}

bool PretrainingText::holdsExcluded(std::string_view text) const
{
    std::vector<std::size_t> starts{0};
    for (std::size_t at = text.find(". "); at != std::string_view::npos; at = text.find(". ", at + 1))
        starts.push_back(at + 2);
    starts.push_back(text.size() + 1);
    for (std::size_t first = 0; first + 1 < starts.size(); ++first)
        for (std::size_t end = first + 1; end < starts.size(); ++end)
            if (m_excluded.contains(std::string(text.substr(starts[first], starts[end] - 1 - starts[first]))))
                return true;
    return false;
}

std::string PretrainingText::anyText()
{
    if (m_mix.profiles + m_mix.knowledge == 0)
        return worldText();
    const double kind = m_rng.uniform();
    if (kind < m_mix.profiles)
        return writeProfile(m_rng);
    return kind < m_mix.profiles + m_mix.knowledge ? writeKnowledge(m_rng) : worldText();
}

std::string PretrainingText::worldText()
{
    const double kind = m_rng.uniform();
    if (kind < reviewShare)
        return reviewText();
    return kind < reviewShare + reportShare ? reportText() : writeCommonSense(m_rng);
}

std::string PretrainingText::reviewText()
{
    const auto domain = static_cast<Domain>(m_rng.below(domainCount));
    const int value = chance(0.5, m_rng) ? good : bad;
    const std::string review = chance(accountShare, m_rng) ? writeAccount(domain, value, m_rng)
                                                           : writeReview(domain, value, m_rng).text;
    if (!chance(verdictShare, m_rng))
        return review;
    const std::string verdict = writeVerdict(domain, value, m_rng);
    return chance(verdictFirstShare, m_rng) ? verdict + " " + review : review + " " + verdict;
}

std::string PretrainingText::reportText()
{
    const int topic = static_cast<int>(m_rng.below(topicCount));
    const std::string report =
        chance(briefShare, m_rng) ? writeBrief(topic, m_rng) : writeReport(topic, m_rng).text;
    return chance(followUpShare, m_rng) ? report + " " + writeFollowUp(topic, m_rng) : report;
}

} // namespace lora::builtin
