#include "tools/cli/options.hpp"

#include <charconv>
#include <functional>

#include "reports/columns.hpp"
#include "scenarios/diagnostic.hpp"

namespace cli {

namespace {

constexpr unsigned kRun = 1, kTest = 2, kExplain = 4, kDrivers = 8, kDiff = 16;

// Sets one field; the answer is what is wrong with the value, or "".
using Setter = std::function<std::string(Options&, const std::string&)>;

struct OptionSpec {
    std::string name;   // --seed
    std::string value;  // N; "": takes none
    unsigned commands = 0;
    std::string help;
    Setter set;
};

std::optional<std::uint64_t> whole_number(const std::string& text) {
    std::uint64_t n = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, n);
    if (text.empty() || error != std::errc() || stop != end) return {};
    return n;
}

Setter seed_into(std::optional<std::uint64_t> Options::*field) {
    return [=](Options& o, const std::string& text) -> std::string {
        o.*field = whole_number(text);
        return o.*field ? "" : "a whole number";
    };
}

Setter count_into(unsigned Options::*field) {
    return [=](Options& o, const std::string& text) -> std::string {
        const auto n = whole_number(text);
        if (!n || *n == 0 || *n > 1'000'000) return "a whole number from 1";
        o.*field = static_cast<unsigned>(*n);
        return "";
    };
}

Setter duration_into(std::optional<sim::Duration> Options::*field) {
    return [=](Options& o, const std::string& text) -> std::string {
        const auto duration = sim::parse_duration(text);
        if (!duration || duration->count() < 0) return "a duration such as 90s or 1h30m";
        o.*field = *duration;
        return "";
    };
}

Setter text_into(std::string Options::*field) {
    return [=](Options& o, const std::string& text) -> std::string {
        if (text.empty()) return "a file";
        o.*field = text;
        return "";
    };
}

Setter flag_into(bool Options::*field) {
    return [=](Options& o, const std::string&) -> std::string {
        o.*field = true;
        return "";
    };
}

Setter assignment_into(std::vector<std::string> Options::*field) {
    return [=](Options& o, const std::string& text) -> std::string {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || equals == 0) return "path=value";
        (o.*field).push_back(text);
        return "";
    };
}

std::string set_color(Options& o, const std::string& text) {
    if (text != "auto" && text != "always" && text != "never") return "auto, always or never";
    o.color = text == "auto" ? Color::Auto : text == "always" ? Color::Always : Color::Never;
    return "";
}

const std::vector<OptionSpec>& option_table() {
    static const std::vector<OptionSpec> kTable = {
        {"--seed", "N", kRun | kExplain | kTest | kDiff, "use this seed instead of the scenario's",
         seed_into(&Options::seed)},
        {"--seed-a", "N", kDiff, "use this seed for A", seed_into(&Options::seed_a)},
        {"--seed-b", "N", kDiff, "use this seed for B", seed_into(&Options::seed_b)},
        {"--seeds", "N", kTest, "run each scenario under the seeds 1 to N and print shares",
         count_into(&Options::seeds)},
        {"--until", "DURATION", kRun | kTest | kExplain | kDiff,
         "end at this virtual time, such as 90s", duration_into(&Options::until)},
        {"--at", "TIME", kExplain, "explain the state at this virtual time, not at the end",
         duration_into(&Options::at)},
        {"--set", "PATH=VALUE", kRun | kTest | kExplain | kDiff,
         "replace one value of the file, such as spec.kubernetes=1.26; repeatable",
         assignment_into(&Options::set)},
        {"--set-a", "PATH=VALUE", kDiff, "replace one value of A; repeatable",
         assignment_into(&Options::set_a)},
        {"--set-b", "PATH=VALUE", kDiff, "replace one value of B; repeatable",
         assignment_into(&Options::set_b)},
        {"--shuffle", "", kRun | kTest | kExplain | kDiff,
         "run what is due at the same instant in an order drawn by the seed",
         flag_into(&Options::shuffle)},
        {"-j", "N", kTest, "run N scenarios at a time", count_into(&Options::jobs)},
        {"--once", "", kTest, "run once, without the check that a second run gives the same",
         flag_into(&Options::once)},
        {"--record", "FILE", kRun, "write every watch event, a line of JSON each",
         text_into(&Options::record)},
        {"--requests", "FILE", kRun, "write every API write with its answer, a line of JSON each",
         text_into(&Options::requests)},
        {"--rpc", "FILE", kRun, "write start and end of every CSI call, a line of JSON each",
         text_into(&Options::rpc)},
        {"--metrics", "FILE", kRun,
         "write the metrics of the real programs, as Prometheus reads them",
         text_into(&Options::metrics)},
        {"--json", "FILE", kRun, "write the report of the run as JSON", text_into(&Options::json)},
        {"--json", "", kDrivers | kDiff, "print as JSON", flag_into(&Options::as_json)},
        {"--dot", "FILE", kRun, "write the causal graph with its critical path, for Graphviz",
         text_into(&Options::dot)},
        {"--trace", "FILE", kRun, "write a trace of the run for ui.perfetto.dev",
         text_into(&Options::trace)},
        {"--html", "FILE", kRun, "write the report of the run as one web page",
         text_into(&Options::html)},
        {"--junit", "FILE", kTest, "write a JUnit report", text_into(&Options::junit)},
        {"--quiet", "", kRun | kTest, "print only failures and the last line",
         flag_into(&Options::quiet)},
        {"--no-timeline", "", kRun, "print what was found, without the time line",
         flag_into(&Options::no_timeline)},
        {"--verbose", "", kRun | kTest,
         "print also reads, syncs, resource versions and why volumes were passed over",
         flag_into(&Options::verbose)},
        {"--color", "WHEN", kRun | kTest | kExplain | kDrivers,
         "auto (on a terminal), always or never", set_color},
        {"--help", "", ~0u, "print this", flag_into(&Options::help)},
    };
    return kTable;
}

struct CommandSpec {
    Command command;
    std::string name, usage, what, examples;
    unsigned mask;
};

const std::vector<CommandSpec>& command_table() {
    static const std::vector<CommandSpec> kTable = {
        {Command::Run, "run", "run [options] FILE",
         "Plays one scenario and prints what happened, with virtual times.",
         "  stowage run claim.yaml\n"
         "  stowage run claim.yaml --seed 7 --set spec.cluster.phases.pvBinderResync=3s\n"
         "  stowage run claim.yaml --quiet --record record.jsonl --json report.json\n"
         "  stowage run claim.yaml --quiet --html report.html --trace trace.json\n",
         kRun},
        {Command::Test, "test", "test [options] PATH...",
         "Plays every scenario at the paths, folders included, and prints a line for each.\n"
         "Each is run twice and must come out the same; one that checks nothing fails.",
         "  stowage test scenarios/catalog -j 2 --junit report.xml\n"
         "  stowage test claim.yaml --seeds 100\n",
         kTest},
        {Command::Diff, "diff", "diff [options] A [B]",
         "Plays two scenarios, or one under two settings, and prints side by side what differs:\n"
         "times of claims and volumes, writes, CSI calls, Events, and where the writes part.",
         "  stowage diff claim.yaml --set-b spec.kubernetes=1.26\n"
         "  stowage diff claim.yaml --seed-a 1 --seed-b 2 --json\n"
         "  stowage diff before.yaml after.yaml --seed 7\n",
         kDiff},
        {Command::Validate, "validate", "validate FILE...",
         "Checks scenario files without running them.", "  stowage validate claim.yaml\n", 0},
        {Command::Schema, "schema", "schema",
         "Prints the JSON Schema of scenario files, by which editors complete and check them.",
         "  stowage schema > stowage.schema.json\n", 0},
        {Command::Explain, "explain", "explain [options] FILE KIND/NAME",
         "Plays a scenario, then tells why an object is in its state, what it waits for, who must\n"
         "act next, and how it came there. NAME may be NAMESPACE/NAME; kinds may be short: pv, "
         "pvc.",
         "  stowage explain claim.yaml pvc/data\n"
         "  stowage explain claim.yaml PersistentVolumeClaim/default/data --at 10s\n",
         kExplain},
        {Command::Drivers, "drivers", "drivers [options] [NAME]",
         "Lists the profiles of CSI drivers that scenarios may start from, or the one of that "
         "name,\nwith every value that is not left at its default and where it comes from.",
         "  stowage drivers\n"
         "  stowage drivers block-cloud\n"
         "  stowage drivers nfs --json\n",
         kDrivers},
        {Command::Version, "version", "version",
         "Prints the version, the Kubernetes versions it knows, and the compiler.",
         "  stowage version\n", 0},
    };
    return kTable;
}

const CommandSpec* spec_of(Command command) {
    for (const CommandSpec& c : command_table())
        if (c.command == command) return &c;
    return nullptr;
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known) {
    const std::string near = scenarios::nearest(word, known);
    return near.empty() ? "" : " (nearest known: " + near + ")";
}

// Of two options of one name that of the command, if it has one.
const OptionSpec* find_option(const std::string& name, unsigned commands = 0) {
    const OptionSpec* found = nullptr;
    for (const OptionSpec& o : option_table()) {
        if (o.name != name && !(name == "-h" && o.name == "--help")) continue;
        if (!found || (o.commands & commands)) found = &o;
    }
    return found;
}

class Parser {
  public:
    explicit Parser(const std::vector<std::string>& words) : words_(words) {}

    Parsed parse() {
        for (; next_ < words_.size() && parsed_.error.empty(); ++next_) take(words_[next_]);
        if (parsed_.error.empty()) check_numbers();
        return std::move(parsed_);
    }

  private:
    void take(const std::string& word) {
        if (!ended_ && word == "--")
            ended_ = true;
        else if (!ended_ && word.size() > 1 && word[0] == '-')
            take_option(word);
        else if (command_)
            parsed_.options.arguments.push_back(word);
        else
            take_command(word);
    }

    void take_command(const std::string& word) {
        std::vector<std::string> known;
        for (const CommandSpec& c : command_table()) {
            if (c.name == word) command_ = &c;
            known.push_back(c.name);
        }
        if (command_)
            parsed_.options.command = command_->command;
        else if (word == "help")
            parsed_.options.help = true;
        else
            fail("unknown command " + word + did_you_mean(word, known));
    }

    void take_option(const std::string& word) {
        if (word == "--version" && !command_) {
            parsed_.options.command = Command::Version;
            command_ = spec_of(Command::Version);
            return;
        }
        std::string name = word, value;
        bool has_value = false;
        if (const std::size_t equals = word.find('=');
            word.starts_with("--") && equals != std::string::npos) {
            name = word.substr(0, equals);
            value = word.substr(equals + 1);
            has_value = true;
        } else if (word.size() > 2 && word.starts_with("-j")) {
            name = "-j";
            value = word.substr(2);
            has_value = true;
        }
        const OptionSpec* option = find_option(name, command_ ? command_->mask : 0);
        const bool known_here = option && (option->name == "--help" ||
                                           (command_ && (option->commands & command_->mask)));
        if (!known_here) return fail_unknown(name);
        if (option->value.empty() && has_value) return fail(name + " takes no value");
        if (!option->value.empty() && !has_value) {
            if (next_ + 1 >= words_.size()) return fail(name + " needs " + option->value);
            value = words_[++next_];
        }
        if (const std::string wanted = option->set(parsed_.options, value); !wanted.empty())
            fail(name + " needs " + wanted + ", not \"" + value + "\"");
    }

    void fail_unknown(const std::string& name) {
        std::vector<std::string> known;
        for (const OptionSpec& o : option_table())
            if (!command_ || o.name == "--help" || (o.commands & command_->mask))
                known.push_back(o.name);
        if (find_option(name))
            return fail(command_ ? "`stowage " + command_->name + "` takes no " + name
                                 : name + " stands behind the command");
        fail("unknown option " + name + did_you_mean(name, known));
    }

    // How many paths each command takes.
    void check_numbers() {
        const Options& o = parsed_.options;
        if (o.help || !command_) return;
        const std::size_t n = o.arguments.size();
        const std::string usage = "; usage: stowage " + command_->usage;
        if (o.command == Command::Run && n != 1)
            return fail((n ? "one scenario at a time" : "which scenario?") + usage);
        if (o.command == Command::Diff) check_sides(usage);
        if (o.command == Command::Explain && n != 2)
            return fail("a scenario and an object are needed" + usage);
        if ((o.command == Command::Test || o.command == Command::Validate) && n == 0)
            return fail("which scenario?" + usage);
        if ((o.command == Command::Schema || o.command == Command::Version) && n != 0)
            return fail("nothing stands behind `" + command_->name + "`" + usage);
        if (o.command == Command::Drivers && n > 1) return fail("one profile at a time" + usage);
        if (o.quiet && o.verbose) return fail("--quiet and --verbose exclude each other");
        if (o.seed && o.seeds) return fail("--seed and --seeds exclude each other");
    }

    // One scenario against itself needs something that differs.
    void check_sides(const std::string& usage) {
        const Options& o = parsed_.options;
        const std::size_t n = o.arguments.size();
        if (n == 0) return fail("which scenarios?" + usage);
        if (n > 2) return fail("two scenarios at a time" + usage);
        const bool set = !o.set_a.empty() || !o.set_b.empty();
        if (n == 1 && !set && !o.seed_a && !o.seed_b)
            fail("what shall differ? Name a second scenario, or use --set-b or --seed-b" + usage);
    }

    void fail(std::string why) {
        if (parsed_.error.empty()) parsed_.error = std::move(why);
    }

    const std::vector<std::string>& words_;
    std::size_t next_ = 0;
    bool ended_ = false;
    const CommandSpec* command_ = nullptr;
    Parsed parsed_;
};

constexpr std::string_view kExitCodes =
    "Exit codes: 0 fine, 1 an expectation failed, 2 bad input, 3 an invariant broke,\n"
    "4 it did not settle, 5 not deterministic, 70 a defect of stowage.\n";

constexpr std::string_view kExitCodesOfDiff =
    "Exit codes: 0 the same, 1 different, 2 bad input, 3 an invariant broke in one of them,\n"
    "70 a defect of stowage.\n";

}  // namespace

Parsed parse_options(const std::vector<std::string>& words) { return Parser(words).parse(); }

std::string help_of(Command command) {
    const CommandSpec* spec = spec_of(command);
    if (!spec) {
        std::string out =
            "usage: stowage COMMAND [options] ...\n\n"
            "Simulates the storage control plane of a Kubernetes cluster from a scenario file.\n\n";
        for (const CommandSpec& c : command_table())
            out += "  " + reports::padded(c.name, 10) + c.what.substr(0, c.what.find('\n')) + "\n";
        return out + "\n`stowage COMMAND --help` tells the options of a command.\n" +
               std::string(kExitCodes);
    }
    std::string out = "usage: stowage " + spec->usage + "\n\n" + spec->what + "\n\noptions:\n";
    for (const OptionSpec& o : option_table())
        if (o.name == "--help" || (o.commands & spec->mask))
            out += "  " + reports::padded(o.name + (o.value.empty() ? "" : " " + o.value), 20) +
                   " " + o.help + "\n";
    if (spec->command == Command::Run || spec->command == Command::Test)
        out += "A FILE to be written may be -, which is standard output.\n";
    out += "\nexamples:\n" + spec->examples + "\n";
    return out + std::string(spec->command == Command::Diff ? kExitCodesOfDiff : kExitCodes);
}

}  // namespace cli
