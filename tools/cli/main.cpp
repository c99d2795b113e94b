// Entry of the command line: parses options, calls the command, turns what is thrown into messages.
#include <exception>
#include <iostream>

#include "reports/output_file.hpp"
#include "tools/cli/commands.hpp"

namespace {

int call(const cli::Options& options) {
    using cli::Command;
    if (options.help || options.command == Command::None) {
        (options.help ? std::cout : std::cerr) << cli::help_of(options.command);
        return options.help ? 0 : cli::kBadInput;
    }
    switch (options.command) {
        case Command::Run:
            return cli::run_command(options);
        case Command::Test:
            return cli::test_command(options);
        case Command::Diff:
            return cli::diff_command(options);
        case Command::Validate:
            return cli::validate_command(options);
        case Command::Schema:
            return cli::schema_command();
        case Command::Explain:
            return cli::explain_command(options);
        case Command::Drivers:
            return cli::drivers_command(options);
        case Command::Version:
            return cli::version_command();
        case Command::None:
            break;
    }
    return cli::kBadInput;
}

}  // namespace

int main(int argc, char** argv) {
    std::ios::sync_with_stdio(false);
    const cli::Parsed parsed = cli::parse_options({argv + 1, argv + argc});
    if (!parsed.error.empty()) {
        std::cerr << "stowage: " << parsed.error << "\n";
        return cli::kBadInput;
    }
    try {
        const int code = call(parsed.options);
        if (!std::cout.flush()) throw reports::OutputError("cannot write standard output");
        return code;
    } catch (const reports::OutputError& error) {
        std::cerr << "stowage: " << error.what() << "\n";
        return cli::kBadInput;
    } catch (const std::exception& error) {
        std::cout.flush();
        std::cerr << "stowage: " << error.what() << "\nthis is a defect of stowage\n";
        return cli::kDefect;
    }
}
