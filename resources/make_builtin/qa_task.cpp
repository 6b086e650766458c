#include "resources/make_builtin/qa_task.h"

#include "resources/make_builtin/profiles.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <unordered_set>

namespace lora::builtin {
namespace {

QaParagraph askedPassage(Split split, std::size_t questions, Rng& rng)
{
    const Passage passage = writePassage(split, rng);
    std::vector<std::size_t> order(passage.facts.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    shuffle(order, rng);
    order.resize(std::min(order.size(), questions));
    QaParagraph paragraph{std::string(passage.facts.front().kind->name), passage.text, {}};
    for (const std::size_t i : order)
        paragraph.questions.push_back(
            {askFact(passage.facts[i], rng), passage.facts[i].value, passage.valueAt[i]});
    return paragraph;
}

std::vector<QaParagraph> paragraphs(std::size_t count, std::size_t questions, Split split, Rng& rng,
                                    std::unordered_set<std::string>& seen)
{
    std::vector<QaParagraph> result;
    while (result.size() < count) {
        QaParagraph paragraph = askedPassage(split, questions, rng);
        if (seen.insert(paragraph.context).second)
            result.push_back(std::move(paragraph));
    }
    return result;
}

} // namespace

QaRows makeQaRows(const QaSizes& sizes, std::uint64_t seed)
{
    std::unordered_set<std::string> seen;
    Rng evalRng(seed, "qa eval");
    Rng trainRng(seed, "qa train");
    QaRows rows;
    rows.eval = paragraphs(sizes.evalParagraphs, sizes.questionsEach, Split::Eval, evalRng, seen);
    rows.train = paragraphs(sizes.trainParagraphs, sizes.questionsEach, Split::Train, trainRng, seen);
    return rows;
}

std::string toSquadJson(const std::vector<QaParagraph>& paragraphs, const std::string& idPrefix)
{
    using Json = nlohmann::ordered_json;
    Json articles = Json::array();
    std::size_t number = 0;
    for (const QaParagraph& paragraph : paragraphs) {
        Json questions = Json::array();
        for (const AskedQuestion& each : paragraph.questions)
            questions.push_back(
                {{"id", fmt::format("{}-{}", idPrefix, number++)},
                 {"question", each.question},
                 {"answers", Json::array({{{"text", each.answer}, {"answer_start", each.answerStart}}})}});
        const Json entry = {{"context", paragraph.context}, {"qas", std::move(questions)}};
        articles.push_back({{"title", paragraph.title}, {"paragraphs", Json::array({entry})}});
    }
    // One article a line: readable, and a change shows where it is.
    std::string text = "{\"version\": \"1.1\", \"data\": [";
    for (std::size_t i = 0; i < articles.size(); ++i)
        text += (i > 0 ? ",\n" : "\n") + articles[i].dump();
    return text + "\n]}\n";
}

} // namespace lora::builtin
