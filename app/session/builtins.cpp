#include "app/session/builtins.h"

#include "core/base/error.h"
#include "core/base/resources.h"
#include "core/data/builtin_data.h"
#include "core/models/model_loader.h"

#include <algorithm>
#include <filesystem>

namespace lora::app {

Builtins builtins()
{
    Builtins found;
    for (const std::string& name : builtinTableNames())
        found.data += QString::fromStdString(name);
    std::error_code error;
    const std::filesystem::directory_iterator models(resourcesFolder() / "models", error);
    for (const auto& entry : models) {
        if (std::filesystem::exists(entry.path() / "config.json", error))
            found.models +=
                QStringLiteral("builtin:") + QString::fromStdString(entry.path().filename().string());
    }
    found.models.sort();
    // The one the first start shows comes first.
    const auto encoder = found.models.indexOf(QStringLiteral("builtin:encoder"));
    if (encoder > 0)
        found.models.move(encoder, 0);
    return found;
}

ModelSummary describeFor(const std::string& model, TaskType task)
{
    ModelSummary usual = describeModel(model);
    const bool isPossible = std::find(usual.tasks.begin(), usual.tasks.end(), task) != usual.tasks.end();
    return isPossible && usual.task != task ? describeModel(model, task) : usual;
}

} // namespace lora::app
