#pragma once

#include "core/train/prefix_block.h"

#include <string>

namespace lora {

/// The folder of hidden states kept between sessions: one file for each key, written whole or not at all,
/// verified when it is read. Several processes may use one folder at the same time: files are only ever
/// renamed into place and removed, never changed.
///
/// A file: 4096 bytes of header (magic, version, number of values, key, checksum of the values, checksum of
/// the header), then float32 values, little-endian.
class PrefixFolder
{
public:
    /// `budget`: bytes of all files; 0: nothing is kept.
    PrefixFolder(std::filesystem::path folder, std::int64_t budget);

    /// Whether a block of so many numbers may be kept at all.
    bool takes(std::int64_t count) const;
    /// The block of `key`; null when there is none of this size. A damaged file is removed, never trusted.
    std::unique_ptr<PrefixBlock> find(const std::string& key, std::int64_t count) const;
    /// A block to be filled. Throws lora::Error (FileSystem): unwritable folder, disk full.
    std::unique_ptr<PrefixBlock> create(std::int64_t count) const;
    /// Names a filled block by its key and removes the files used longest ago until all fit the budget.
    void keep(PrefixBlock& block, const std::string& key) const;

private:
    std::filesystem::path fileOf(const std::string& key) const;
    void evict(const std::filesystem::path& spared) const;

    std::filesystem::path m_folder;
    std::int64_t m_budget;
};

} // namespace lora
