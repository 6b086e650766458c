#pragma once

#include <cstdio>
#include <cstdlib>

/// Guards against faults of this program (shapes that cannot meet), never against input. On in debug and
/// sanitizer builds, free otherwise.
#ifdef LORA_WORKBENCH_ASSERTS
#define LORA_ASSERT(condition)                                                                               \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            std::fprintf(stderr, "%s:%d: assertion failed: %s\n", __FILE__, __LINE__, #condition);           \
            std::abort();                                                                                    \
        }                                                                                                    \
    } while (false)
#else
#define LORA_ASSERT(condition) static_cast<void>(sizeof(!(condition)))
#endif
