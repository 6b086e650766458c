#include "core/nn/attention_core.h"
#include "core/nn/attention_strips.h"

#include "core/base/rng.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

const AttentionShape causal{.heads = 2, .keyValueHeads = 1, .headDim = 3, .isCausal = true};

/// Attention over one sequence of random numbers that can be asked for its first tokens alone.
class OneSequence
{
public:
    OneSequence(const AttentionShape& shape, std::int64_t tokens)
        : m_attention(shape)
        , m_columns(shape.querySize() + 2 * shape.keyValueSize())
        , m_values(static_cast<std::size_t>(tokens * m_columns))
    {
        Rng rng(7, "attention");
        for (double& value : m_values)
            value = rng.normal();
    }

    /// [rows or tokens, heads · headDim]
    std::vector<double> outputs(std::int64_t tokens, const NeededRows* rows = nullptr)
    {
        const AttentionShape& shape = m_attention.shape();
        const std::int64_t q = shape.querySize(), kv = shape.keyValueSize();
        const Matrix<double> all(m_values.data(), tokens, m_columns);
        const std::int64_t given = rows ? rows->count() : tokens;
        std::vector<double> queries(static_cast<std::size_t>(given * q)), out(queries.size());
        const Matrix<double> asked(queries.data(), given, q);
        for (std::int64_t r = 0; r < given; ++r)
            std::copy_n(all.row(rows ? rows->tokens[static_cast<std::size_t>(r)] : r), q, asked.row(r));
        const std::vector<std::int32_t> offsets = {0, static_cast<std::int32_t>(tokens)};
        Arena arena;
        PassContext<double> context;
        context.arena = &arena;
        context.offsets = offsets;
        m_attention.forward(context, asked, all.colRange(q, kv), all.colRange(q + kv, kv),
                            Matrix<double>(out.data(), given, q), nullptr, rows);
        return out;
    }

private:
    AttentionCore<double> m_attention;
    std::int64_t m_columns;
    std::vector<double> m_values;
};

void expectRow(const std::vector<double>& whole, std::int64_t row, const std::vector<double>& other,
               std::int64_t otherRow, std::int64_t columns)
{
    for (std::int64_t c = 0; c < columns; ++c)
        EXPECT_NEAR(whole[static_cast<std::size_t>(row * columns + c)],
                    other[static_cast<std::size_t>(otherRow * columns + c)], 1e-12)
            << "token " << row;
}

void expectThatLaterTokensChangeNothing(const AttentionShape& shape)
{
    OneSequence sequence(shape, 150);
    const std::vector<double> whole = sequence.outputs(150);
    for (const std::int64_t tokens : {1, 55, 56, 57, 111, 112, 113, 149})
        expectRow(whole, tokens - 1, sequence.outputs(tokens), tokens - 1, shape.querySize());
}

TEST(AttentionCore, LaterTokensChangeNothingAcrossStrips)
{
    expectThatLaterTokensChangeNothing(causal);
}

TEST(AttentionCore, LaterTokensChangeNothingWithAWindow)
{
    AttentionShape windowed = causal;
    windowed.window = 20;
    expectThatLaterTokensChangeNothing(windowed);
}

TEST(AttentionCore, NeededRowsAreThoseOfAllRows)
{
    OneSequence sequence(causal, 150);
    const std::vector<double> whole = sequence.outputs(150);
    NeededRows rows;
    rows.clear();
    for (std::int32_t token = 3; token < 150; token += 2)
        rows.tokens.push_back(token);
    rows.endSequence();
    const std::vector<double> needed = sequence.outputs(150, &rows);
    for (std::int64_t r = 0; r < rows.count(); ++r)
        expectRow(whole, rows.tokens[static_cast<std::size_t>(r)], needed, r, causal.querySize());
}

TEST(AttentionStrips, ComputeLittleMoreThanHalfOfALongSquare)
{
    EXPECT_EQ(attendedPairs(30, true), 900);
    EXPECT_EQ(attendedPairs(30, false), 900);
    EXPECT_EQ(attendedPairs(57, true), 56 * 56 + 57);
    EXPECT_EQ(attendedPairs(1024, false), 1024 * 1024);
    EXPECT_LT(attendedPairs(1024, true), 0.53 * 1024 * 1024);
    EXPECT_GE(attendedPairs(1024, true), 1024 * 1025 / 2);
}

} // namespace
} // namespace lora::test
