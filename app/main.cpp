#include "app/workbench.h"
#include "core/base/error.h"
#include "core/runs/run_files.h"

#include <QApplication>

#include <cstdio>
#include <exception>

int main(int argc, char** argv)
{
    QApplication qt(argc, argv);
    QApplication::setApplicationName("lora-workbench");
    QApplication::setApplicationDisplayName("LoRA Workbench");
    QApplication::setApplicationVersion(QString::fromStdString(lora::programVersion()));
    QApplication::setDesktopFileName("lora-workbench");
    try {
        return lora::app::runWorkbench(qt);
    } catch (const lora::Error& error) {
        std::fprintf(stderr, "%s\n%s\n", error.what(), error.hint().c_str());
        return lora::exitCode(error.kind());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
