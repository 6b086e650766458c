#pragma once

#include <QSettings>

#include <memory>

namespace lora::app {

/// Window state and recent files of this user: lora-workbench/lora-workbench.ini in the configuration folder.
std::unique_ptr<QSettings> userSettings();

} // namespace lora::app
