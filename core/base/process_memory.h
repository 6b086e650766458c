#pragma once

#include <cstddef>
#include <cstdint>

namespace lora {

/// Memory of this process that is resident now, in bytes; 0 where the system does not tell.
std::int64_t residentBytes();
/// Most that was resident since the start or the last `resetPeakResidentBytes`.
std::int64_t peakResidentBytes();
/// Gives freed memory back to the system, so that what is resident is in use.
void trimHeap();
/// Tells the system that pages read from a mapped file are not needed for now; they are read again when they
/// are. Never for other memory: that would lose what it holds.
void forgetMappedPages(const void* begin, std::size_t bytes);
/// Memory of this machine.
std::int64_t physicalBytes();
/// Gives freed memory back to the system and makes the next peak count from now; the latter is without effect
/// where the system does not allow it.
void resetPeakResidentBytes();

} // namespace lora
