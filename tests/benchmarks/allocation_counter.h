#pragma once

#include <cstdint>

namespace lora::bench {

/// How often this program has called operator new so far, on all threads; linking this file counts them.
std::int64_t heapAllocations();

} // namespace lora::bench
