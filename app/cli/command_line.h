#pragma once

#include <string>
#include <vector>

namespace lora::app {

/// `lora-workbench-cli`: parses the arguments (the program's name first), runs the subcommand and returns the
/// exit code: 0 done, 1 failed, 2 bad usage or bad input, 3 diverged, 130 stopped by the user.
int runCommandLine(const std::vector<std::string>& arguments);

} // namespace lora::app
