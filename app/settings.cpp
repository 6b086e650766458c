#include "app/settings.h"

namespace lora::app {

std::unique_ptr<QSettings> userSettings()
{
    return std::make_unique<QSettings>(QSettings::IniFormat, QSettings::UserScope, "lora-workbench",
                                       "lora-workbench");
}

} // namespace lora::app
