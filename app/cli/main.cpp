#include "app/cli/command_line.h"

int main(int argumentCount, char** arguments)
{
    return lora::app::runCommandLine({arguments, arguments + argumentCount});
}
