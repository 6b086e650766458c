#include "core/base/resources.h"

#include "core/base/error.h"

#include <cstdlib>

namespace lora {

std::filesystem::path resourcesFolder()
{
    if (const char* folder = std::getenv("LORA_WORKBENCH_RESOURCES"))
        return folder;
    std::error_code error;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
    for (const std::filesystem::path& folder :
         {std::filesystem::path(LORA_WORKBENCH_SOURCE_RESOURCES),
          program.parent_path().parent_path() / "share" / "lora-workbench"})
        if (std::filesystem::is_directory(folder, error))
            return folder;
    throw Error(ErrorKind::FileSystem, "the program's resources (built-in model and data) are not found",
                "Set LORA_WORKBENCH_RESOURCES to the folder \"resources\" of the project.");
}

} // namespace lora
