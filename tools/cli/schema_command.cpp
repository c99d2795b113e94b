#include <iostream>

#include "scenarios/scenario.hpp"
#include "tools/cli/commands.hpp"

namespace cli {

int schema_command() {
    std::string schema = scenarios::json_schema();
    if (!schema.ends_with('\n')) schema += '\n';
    std::cout << schema;
    return 0;
}

}  // namespace cli
