#pragma once

#include "core/math/matrix.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace lora {

/// The tokens of a packed batch whose hidden states a task's head reads, in their order: the last block
/// computes queries, attention and feed-forward for them alone. Row r of a matrix of needed rows belongs to
/// tokens[r].
struct NeededRows
{
    std::vector<std::int32_t> tokens;  ///< [rows], ascending
    std::vector<std::int32_t> offsets; ///< [sequences + 1]: the first row of each sequence, and their number

    std::int64_t count() const { return static_cast<std::int64_t>(tokens.size()); }
    /// Empties both but keeps their storage.
    void clear()
    {
        tokens.clear();
        offsets.assign(1, 0);
    }
    void endSequence() { offsets.push_back(static_cast<std::int32_t>(tokens.size())); }
};

/// out [rows, cols] = the needed rows of x [tokens, cols].
template <class T>
void gatherRows(ConstMatrix<T> x, const NeededRows& rows, Matrix<T> out)
{
    for (std::int64_t r = 0; r < rows.count(); ++r)
        std::copy_n(x.row(rows.tokens[static_cast<std::size_t>(r)]), x.cols, out.row(r));
}

/// x [tokens, cols] += from [rows, cols] at the needed rows: the mirror of gatherRows.
template <class T>
void addToRows(ConstMatrix<T> from, const NeededRows& rows, Matrix<T> x)
{
    for (std::int64_t r = 0; r < rows.count(); ++r) {
        T* to = x.row(rows.tokens[static_cast<std::size_t>(r)]);
        const T* values = from.row(r);
        for (std::int64_t c = 0; c < x.cols; ++c)
            to[c] += values[c];
    }
}

} // namespace lora
