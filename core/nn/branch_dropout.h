#pragma once

#include "core/math/elementwise.h"
#include "core/nn/pass_context.h"

namespace lora {

/// Dropout of a residual branch, in place. The key of its mask for backward; 0: there was none.
template <class T>
std::uint64_t dropBranch(PassContext<T>& context, double probability, Matrix<T> branch)
{
    if (!context.isDropoutOn || probability == 0)
        return 0;
    const std::uint64_t key = context.nextDropoutKey();
    dropout<T>(branch, probability, key, branch);
    return key;
}

/// Gradient of a residual branch: a masked copy in the arena, or dy itself when there was no dropout.
template <class T>
ConstMatrix<T> branchGradient(PassContext<T>& context, ConstMatrix<T> dy, double probability,
                              std::uint64_t key)
{
    if (key == 0)
        return dy;
    Matrix<T> masked = context.arena->template matrix<T>(dy.rows, dy.cols);
    dropout<T>(dy, probability, key, masked);
    return masked;
}

} // namespace lora
