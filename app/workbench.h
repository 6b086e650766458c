#pragma once

class QApplication;

namespace lora::app {

/// Reads the command line, opens the window and runs until it is closed; the program's exit code.
int runWorkbench(QApplication& qt);

} // namespace lora::app
