#pragma once

#include "tests/support/temporary_folder.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lora::test {

inline std::string textOfFile(const std::filesystem::path& path)
{
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

struct Finished
{
    int code = -1; ///< exit code, or 128 + signal as a shell reports it
    std::string out;
    std::string err;

    nlohmann::json json() const { return nlohmann::json::parse(out); }
};

/// lora-workbench-cli in a process of its own, with a data home of its own.
class Program
{
public:
    Finished run(const std::vector<std::string>& arguments)
    {
        start(arguments);
        return wait();
    }

    void start(const std::vector<std::string>& arguments)
    {
        std::vector<char*> pointers{const_cast<char*>(LORA_WORKBENCH_CLI)};
        for (const std::string& argument : arguments)
            pointers.push_back(const_cast<char*>(argument.c_str()));
        pointers.push_back(nullptr);
        m_process = ::fork();
        if (m_process == 0)
            becomeProgram(pointers);
    }

    void signal(int number) const { ::kill(m_process, number); }

    bool hasEnded()
    {
        if (!m_status && ::waitpid(m_process, &m_rawStatus, WNOHANG) == m_process)
            m_status = m_rawStatus;
        return m_status.has_value();
    }

    Finished wait()
    {
        if (!m_status) {
            ::waitpid(m_process, &m_rawStatus, 0);
            m_status = m_rawStatus;
        }
        const int status = *m_status;
        m_status.reset();
        return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
                textOfFile(m_folder / "stdout"), textOfFile(m_folder / "stderr")};
    }

    std::filesystem::path dataHome() const { return m_folder / "data"; }
    std::filesystem::path cacheFolder() const { return m_folder / "cache"; } ///< of hidden states

    std::string standardOutput;        ///< a file for stdout; empty: kept for Finished
    std::optional<rlim_t> largestFile; ///< bytes a file may have: stands in for a full disk

private:
    [[noreturn]] void becomeProgram(const std::vector<char*>& arguments) const
    {
        const std::string out = standardOutput.empty() ? (m_folder / "stdout").string() : standardOutput;
        ::dup2(::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), STDOUT_FILENO);
        ::dup2(::open((m_folder / "stderr").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), STDERR_FILENO);
        ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
        ::setenv("XDG_DATA_HOME", dataHome().c_str(), 1);
        ::setenv("LORA_WORKBENCH_CACHE", cacheFolder().c_str(), 1);
        if (largestFile) {
            ::signal(SIGXFSZ, SIG_IGN); // so that writing fails, as on a full disk, instead of killing
            const rlimit limit{*largestFile, *largestFile};
            ::setrlimit(RLIMIT_FSIZE, &limit);
        }
        ::execv(LORA_WORKBENCH_CLI, arguments.data());
        ::_exit(127);
    }

    TemporaryFolder m_folder;
    pid_t m_process = -1;
    int m_rawStatus = 0;
    std::optional<int> m_status;
};

} // namespace lora::test
