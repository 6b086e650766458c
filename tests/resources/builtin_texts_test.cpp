// The built-in question answering and instruction data: what its files promise, and that a seed decides it
// all.

#include "resources/make_builtin/corpus.h"
#include "resources/make_builtin/instructions_task.h"
#include "resources/make_builtin/profiles.h"
#include "resources/make_builtin/qa_task.h"

#include <cctype>
#include <set>
#include <unordered_set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace lora;
using namespace lora::builtin;

namespace {

constexpr std::uint64_t seed = 1;
const QaSizes smallQa{200, 80, 3};
const InstructionSizes smallInstructions{600, 200};

bool isWordAt(const std::string& text, std::size_t at, std::size_t length)
{
    const auto isLetter = [&](std::size_t i) {
        return std::isalpha(static_cast<unsigned char>(text[i])) != 0;
    };
    return (at == 0 || !isLetter(at - 1)) && (at + length >= text.size() || !isLetter(at + length));
}

std::size_t timesAsWord(const std::string& text, const std::string& word)
{
    std::size_t times = 0;
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
        times += isWordAt(text, at, word.size());
    return times;
}

std::vector<QaParagraph> allParagraphs(const QaRows& rows)
{
    std::vector<QaParagraph> all = rows.train;
    all.insert(all.end(), rows.eval.begin(), rows.eval.end());
    return all;
}

} // namespace

TEST(BuiltinQa, AnswersStandOnceInTheirPassageAndAtTheirOffset)
{
    for (const QaParagraph& paragraph : allParagraphs(makeQaRows({}, seed))) {
        ASSERT_EQ(paragraph.questions.size(), 3U);
        for (const AskedQuestion& each : paragraph.questions) {
            ASSERT_EQ(paragraph.context.substr(each.answerStart, each.answer.size()), each.answer)
                << paragraph.context;
            ASSERT_EQ(timesAsWord(paragraph.context, each.answer), 1U)
                << paragraph.context << " / " << each.answer;
            ASSERT_TRUE(each.question.ends_with("?")) << each.question;
            ASSERT_EQ(each.question.find('{'), std::string::npos) << each.question;
        }
    }
}

TEST(BuiltinQa, TheTextIsAsciiSoThatBytesAreCharacters)
{
    for (const QaParagraph& paragraph : allParagraphs(makeQaRows(smallQa, seed)))
        for (const char letter : paragraph.context)
            ASSERT_LT(static_cast<unsigned char>(letter), 128) << paragraph.context;
}

TEST(BuiltinQa, OneSeedGivesOneDataSetAndAnotherGivesAnother)
{
    const std::string first = toSquadJson(makeQaRows(smallQa, seed).train, "train");
    EXPECT_EQ(first, toSquadJson(makeQaRows(smallQa, seed).train, "train"));
    EXPECT_NE(first, toSquadJson(makeQaRows(smallQa, seed + 1).train, "train"));
}

TEST(BuiltinQa, NoEvaluationPassageIsATrainingPassageAndNoneIsAboutASubjectOfTraining)
{
    const QaRows rows = makeQaRows(smallQa, seed);
    std::unordered_set<std::string> contexts;
    for (const QaParagraph& paragraph : rows.train)
        EXPECT_TRUE(contexts.insert(paragraph.context).second);
    for (const QaParagraph& paragraph : rows.eval)
        EXPECT_TRUE(contexts.insert(paragraph.context).second) << paragraph.context;

    Rng rng(seed, "subjects");
    for (const SubjectKind& kind : subjectKinds()) {
        std::set<std::string> train;
        for (int i = 0; i < 500; ++i)
            train.insert(pickSubject(kind, Split::Train, rng));
        for (int i = 0; i < 500; ++i)
            EXPECT_FALSE(train.contains(pickSubject(kind, Split::Eval, rng)));
    }
}

TEST(BuiltinQa, ReadingIsNeededWhereTheSameIsToldOfTwo)
{
    // Passages with two subjects hold two values of the kind that is asked for: the kind of word alone does
    // not answer.
    Rng rng(seed, "pairs");
    int pairs = 0;
    for (int i = 0; i < 300; ++i) {
        const Passage passage = writePassage(Split::Train, rng);
        std::set<std::string> subjects;
        std::multiset<std::string_view> attributes;
        for (const Fact& fact : passage.facts) {
            subjects.insert(fact.subject);
            attributes.insert(fact.attribute->name);
        }
        if (subjects.size() < 2)
            continue;
        ++pairs;
        for (const std::string_view attribute : attributes)
            EXPECT_EQ(attributes.count(attribute), 2U);
    }
    EXPECT_GT(pairs, 80);
    EXPECT_LT(pairs, 220);
}

TEST(BuiltinQa, EveryAttributeHasSeveralStatementsAndQuestions)
{
    for (const SubjectKind& kind : subjectKinds())
        for (const Attribute& attribute : kind.attributes) {
            EXPECT_GE(attribute.statements.size(), 3U) << kind.name << " " << attribute.name;
            EXPECT_GE(attribute.questions.size(), 2U) << kind.name << " " << attribute.name;
            EXPECT_GE(valueList(attribute.values).size(), 7U);
        }
}

TEST(BuiltinQa, TheFileIsSquadJson)
{
    const QaRows rows = makeQaRows(smallQa, seed);
    const nlohmann::json document = nlohmann::json::parse(toSquadJson(rows.eval, "eval"));
    ASSERT_EQ(document.at("data").size(), rows.eval.size());
    std::set<std::string> ids;
    for (const auto& article : document["data"])
        for (const auto& paragraph : article.at("paragraphs"))
            for (const auto& question : paragraph.at("qas")) {
                EXPECT_TRUE(ids.insert(question.at("id")).second);
                const auto& answer = question.at("answers").at(0);
                const std::string text = answer.at("text");
                EXPECT_EQ(
                    paragraph.at("context").get<std::string>().substr(answer.at("answer_start"), text.size()),
                    text);
            }
    EXPECT_EQ(ids.size(), 3 * rows.eval.size());
}

TEST(BuiltinInstructions, RowsAreWellFormed)
{
    const InstructionRows rows = makeInstructionRows({}, seed);
    EXPECT_EQ(rows.train.size(), InstructionSizes{}.trainRows);
    EXPECT_EQ(rows.eval.size(), InstructionSizes{}.evalRows);
    for (const auto* split : {&rows.train, &rows.eval})
        for (const InstructionRow& row : *split) {
            ASSERT_TRUE(row.prompt.starts_with("Instruction: ")) << row.prompt;
            ASSERT_TRUE(row.prompt.ends_with("\nAnswer:")) << row.prompt;
            ASSERT_GT(row.completion.size(), 1U) << row.prompt;
            ASSERT_EQ(row.completion.front(), ' ');
            ASSERT_NE(row.completion[1], ' ');
            ASSERT_EQ((row.prompt + row.completion).find('{'), std::string::npos) << row.prompt;
            ASSERT_LT(row.prompt.size() + row.completion.size(), 500U) << row.prompt;
        }
}

TEST(BuiltinInstructions, NoPromptOccursTwice)
{
    const InstructionRows rows = makeInstructionRows(smallInstructions, seed);
    std::unordered_set<std::string> prompts;
    for (const auto* split : {&rows.train, &rows.eval})
        for (const InstructionRow& row : *split)
            EXPECT_TRUE(prompts.insert(row.prompt).second) << row.prompt;
}

TEST(BuiltinInstructions, OneSeedGivesOneDataSet)
{
    const std::string first = toJsonLines(makeInstructionRows(smallInstructions, seed).train);
    EXPECT_EQ(first, toJsonLines(makeInstructionRows(smallInstructions, seed).train));
    EXPECT_NE(first, toJsonLines(makeInstructionRows(smallInstructions, seed + 1).train));
}

TEST(BuiltinInstructions, AnswersFollowFromThePrompt)
{
    int sorted = 0;
    int counted = 0;
    for (const InstructionRow& row : makeInstructionRows(smallInstructions, seed).eval) {
        const std::size_t input = row.prompt.find("Input: ");
        if (row.prompt.starts_with("Instruction: Sort the days.")) {
            const std::vector<std::string>& days = valueList("weekday");
            std::size_t last = 0;
            for (std::size_t day = 0; day < days.size(); ++day) {
                const std::size_t at = row.completion.find(days[day]);
                EXPECT_EQ(at != std::string::npos, row.prompt.find(days[day], input) != std::string::npos);
                if (at == std::string::npos)
                    continue;
                EXPECT_GE(at, last);
                last = at;
            }
            ++sorted;
        }
        if (row.prompt.starts_with("Instruction: Count")) {
            constexpr std::string_view numbers[] = {"", "", " two", " three", " four", " five"};
            const auto commas = std::ranges::count(row.prompt.substr(input), ',');
            EXPECT_EQ(row.completion, numbers[static_cast<std::size_t>(commas) + 1]);
            ++counted;
        }
        if (row.prompt.starts_with("Instruction: Answer briefly.") ||
            row.prompt.starts_with("Instruction: Which ")) {
            if (input != std::string::npos) {
                EXPECT_EQ(timesAsWord(row.prompt.substr(input), row.completion.substr(1)), 1U) << row.prompt;
            }
        }
    }
    EXPECT_GT(sorted, 2);
    EXPECT_GT(counted, 10);
}

TEST(PretrainingTexts, OneSeedGivesOneTextAndEvaluationTextsAreLeftOut)
{
    const TextMix mix{0.4, 0.15};
    PretrainingText first(seed, {}, mix);
    PretrainingText second(seed, {}, mix);
    std::unordered_set<std::string> texts;
    for (int i = 0; i < 300; ++i) {
        const std::string text = first.next();
        EXPECT_EQ(text, second.next());
        EXPECT_EQ(text.find('\n'), std::string::npos);
        EXPECT_EQ(text.find("Instruction:"), std::string::npos) << text;
        texts.insert(text);
    }
    PretrainingText without(seed, texts, mix);
    for (int i = 0; i < 300; ++i)
        EXPECT_FALSE(texts.contains(without.next()));
}

TEST(PretrainingTexts, EvaluationTextsOfEveryTaskAreKnown)
{
    const QaRows qa = makeQaRows(smallQa, seed);
    const InstructionRows instructions = makeInstructionRows(smallInstructions, seed);
    const auto texts =
        evalTexts(makeSentimentRows({20, 20}, seed), makeTopicRows({20, 20}, seed), qa, instructions);
    for (const QaParagraph& paragraph : qa.eval)
        EXPECT_TRUE(texts.contains(paragraph.context));
    for (const InstructionRow& row : instructions.eval) {
        const std::size_t input = row.prompt.find("\nInput: ");
        if (input == std::string::npos)
            continue;
        const std::size_t begin = input + 8;
        EXPECT_TRUE(texts.contains(
            row.prompt.substr(begin, row.prompt.size() - begin - std::string("\nAnswer:").size())))
            << row.prompt;
    }
}

TEST(BuiltinInstructions, AnswersAreSpreadOverManyWords)
{
    std::set<std::string> answers;
    for (const InstructionRow& row : makeInstructionRows(smallInstructions, seed).train)
        answers.insert(row.completion);
    EXPECT_GT(answers.size(), 300U);
}
