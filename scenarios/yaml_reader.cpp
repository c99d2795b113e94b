#include "scenarios/yaml_reader.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>

#include "scenarios/scalar.hpp"

namespace scenarios {
namespace {

bool is_continuation(unsigned char c) { return (c & 0xc0) == 0x80; }

// The length of the letter at `at`, or 0 where the bytes are no UTF-8.
std::size_t letter_length(std::string_view text, std::size_t at) {
    const unsigned char c = static_cast<unsigned char>(text[at]);
    if (c < 0x80) return 1;
    const std::size_t length = c >= 0xc2 && c < 0xe0   ? 2
                               : (c & 0xf0) == 0xe0    ? 3
                               : c >= 0xf0 && c < 0xf5 ? 4
                                                       : 0;
    if (length == 0 || at + length > text.size()) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if (!is_continuation(static_cast<unsigned char>(text[at + i]))) return 0;
    }
    return length;
}

// yaml-cpp turns the escapes \\N and \\_ into single Latin-1 bytes; they stand for U+0085 and
// U+00A0.
std::string with_whole_letters(const std::string& text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = letter_length(text, at);
        if (length == 0) out += '\xc2';
        const std::size_t taken = std::max<std::size_t>(1, length);
        out.append(text, at, taken);
        at += taken;
    }
    return out;
}

// Leaves the parser where the text must not be read further.
struct Refused {
    Diagnostic diagnostic;
};

class Builder : public YAML::EventHandler {
  public:
    Builder(const std::string& file, const ReadLimits& limits) : file_(file), limits_(limits) {}

    // The document, if it held anything.
    std::optional<Node> take() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override {
        // yaml-cpp takes a token that can begin nothing (a lone comma) for one empty document after
        // the other, without end.
        if (mark.pos == began_) refuse(mark, "malformed YAML: this begins nothing");
        began_ = mark.pos;
        root_.reset();
        anchors_.clear();
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        Node node = make(Node::Type::Null, mark);
        add(std::move(node), anchor);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        auto found = anchors_.find(anchor);
        if (found == anchors_.end()) refuse(mark, "an alias refers to what it is part of");
        const std::size_t size = found->second.size();
        alias_nodes_ += size;
        nodes_ += size;
        if (alias_nodes_ > limits_.alias_nodes) {
            refuse(mark, "aliases write out to more than " + std::to_string(limits_.alias_nodes) +
                             " nodes");
        }
        Node copy = found->second;
        add(std::move(copy), 0);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        Node node = make(Node::Type::String, mark);
        node.text = tag == "?" ? value : with_whole_letters(value);
        node.quoted = tag != "?";
        read_value(node, tag, mark);
        add(std::move(node), anchor);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(Node::Type::List, mark, tag, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(Node::Type::Map, mark, tag, anchor);
    }
    void OnMapEnd() override {
        check_duplicates(stack_.back().node);
        merge(stack_.back().node);
        close();
    }

  private:
    struct Frame {
        Node node;
        YAML::anchor_t anchor = 0;
        bool has_key = false;
        Member next;
    };

    [[noreturn]] void refuse(const YAML::Mark& mark, std::string message) const {
        throw Refused{{Place{file_, mark.line + 1, mark.column + 1}, std::move(message)}};
    }
    [[noreturn]] void refuse(const Place& place, std::string message) const {
        throw Refused{{place, std::move(message)}};
    }

    Node make(Node::Type type, const YAML::Mark& mark) {
        if (++nodes_ > limits_.nodes) {
            refuse(mark, "more than " + std::to_string(limits_.nodes) + " nodes in one file");
        }
        Node node;
        node.type = type;
        node.line = mark.line + 1;
        node.column = mark.column + 1;
        node.file = &file_;
        return node;
    }

    void read_value(Node& node, const std::string& tag, const YAML::Mark& mark) const {
        const bool is_key =
            !stack_.empty() && stack_.back().node.is_map() && !stack_.back().has_key;
        if (tag == "?" && !is_key) {
            if (auto problem = resolve_plain(node)) refuse(mark, *problem);
            return;
        }
        const bool known = tag == "?" || tag == "!" || tag == "tag:yaml.org,2002:str";
        if (!known) refuse(mark, "the tag " + tag + " is not understood; quote text instead");
        node.scalar = Value(node.text);
    }

    void open(Node::Type type, const YAML::Mark& mark, const std::string& tag,
              YAML::anchor_t anchor) {
        const bool plain =
            tag == "?" || tag == "!" || tag.empty() || tag.starts_with("tag:yaml.org,2002:");
        if (!plain) refuse(mark, "the tag " + tag + " is not understood");
        if (static_cast<int>(stack_.size()) >= limits_.depth) {
            refuse(mark, "nested more than " + std::to_string(limits_.depth) + " deep");
        }
        Frame frame;
        frame.node = make(type, mark);
        frame.anchor = anchor;
        stack_.push_back(std::move(frame));
    }

    void close() {
        Frame frame = std::move(stack_.back());
        stack_.pop_back();
        add(std::move(frame.node), frame.anchor);
    }

    void add(Node node, YAML::anchor_t anchor) {
        if (anchor != 0) anchors_[anchor] = node;
        if (stack_.empty()) {
            root_ = std::move(node);
            return;
        }
        Frame& parent = stack_.back();
        if (parent.node.is_list()) {
            parent.node.items.push_back(std::move(node));
        } else if (!parent.has_key) {
            begin_member(parent, node);
        } else {
            parent.next.value = std::move(node);
            parent.node.members.push_back(std::move(parent.next));
            parent.next = Member();
            parent.has_key = false;
        }
    }

    void begin_member(Frame& parent, const Node& key) const {
        if (!key.is_scalar()) refuse(key.place(), "a key must be text, not " + key.describe());
        if (key.is_null()) refuse(key.place(), "a key is missing before \":\"");
        parent.next.key = key.text;
        parent.next.line = key.line;
        parent.next.column = key.column;
        parent.has_key = true;
    }

    void check_duplicates(const Node& map) const {
        std::vector<const Member*> sorted;
        for (const Member& m : map.members) sorted.push_back(&m);
        std::stable_sort(sorted.begin(), sorted.end(),
                         [](const Member* a, const Member* b) { return a->key < b->key; });
        const Member* first = nullptr;
        for (std::size_t i = 1; i < sorted.size(); ++i) {
            if (sorted[i]->key != sorted[i - 1]->key) continue;
            // Of several, the one that stands first in the file.
            if (!first || sorted[i]->line < first->line) first = sorted[i];
        }
        if (!first) return;
        refuse(Place{file_, first->line, first->column},
               "the key " + Value(first->key).to_json() +
                   " stands twice in one map (first at line " +
                   std::to_string(map.member(first->key)->line) + ")");
    }

    // `<<: *base` and `<<: [*a, *b]`: what the map itself does not say comes from there.
    void merge(Node& map) const {
        auto at = std::find_if(map.members.begin(), map.members.end(),
                               [](const Member& m) { return m.key == "<<"; });
        if (at == map.members.end()) return;
        const Node from = std::move(at->value);
        map.members.erase(at);
        std::vector<const Node*> bases;
        if (from.is_list()) {
            for (const Node& item : from.items) bases.push_back(&item);
        } else {
            bases.push_back(&from);
        }
        for (const Node* base : bases) {
            if (!base->is_map()) refuse(base->place(), "<< merges maps, found " + base->describe());
            for (const Member& m : base->members) {
                if (!map.member(m.key)) map.members.push_back(m);
            }
        }
    }

    const std::string& file_;
    const ReadLimits& limits_;
    int began_ = -1;  // offset of the last document
    std::optional<Node> root_;
    std::vector<Frame> stack_;
    std::map<YAML::anchor_t, Node> anchors_;
    std::size_t nodes_ = 0;
    std::size_t alias_nodes_ = 0;
};

std::optional<Diagnostic> not_text(std::string_view text, const std::string& file) {
    int line = 1, column = 1;
    for (std::size_t at = 0; at < text.size();) {
        const unsigned char c = static_cast<unsigned char>(text[at]);
        const std::size_t length = letter_length(text, at);
        const bool control = c < 0x20 && c != '\n' && c != '\r' && c != '\t';
        if (control || c == 0x7f) {
            return Diagnostic{Place{file, line, column},
                              "this is no text: a byte " + std::to_string(c) + " stands here"};
        }
        if (length == 0) return Diagnostic{Place{file, line, column}, "this is no UTF-8 text"};
        at += length;
        column = c == '\n' ? 1 : column + 1;
        line += c == '\n' ? 1 : 0;
    }
    return std::nullopt;
}

bool indented_by_tab(std::string_view text, int line) {
    for (; line > 0; --line) {
        const std::size_t end = text.find('\n');
        if (end == text.npos) return false;
        text.remove_prefix(end + 1);
    }
    const std::size_t first = text.find_first_not_of(' ');
    return first != text.npos && text[first] == '\t';
}

std::string megabytes(std::size_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

}  // namespace

std::vector<Node> read_yaml(std::string_view text, const std::string& file,
                            Diagnostics& diagnostics, const ReadLimits& limits) {
    std::vector<Node> documents;
    if (text.size() > limits.bytes) {
        diagnostics.push_back(
            {Place{file}, "larger than " + megabytes(limits.bytes) + "; split it"});
        return documents;
    }
    if (auto problem = not_text(text, file)) {
        diagnostics.push_back(*problem);
        return documents;
    }
    try {
        std::istringstream in{std::string(text)};
        YAML::Parser parser(in);
        Builder builder(file, limits);
        while (parser.HandleNextDocument(builder)) {
            std::optional<Node> document = builder.take();
            if (document && !document->is_null()) documents.push_back(std::move(*document));
        }
    } catch (const Refused& refused) {
        diagnostics.push_back(refused.diagnostic);
    } catch (const YAML::Exception& error) {
        Place place{file, error.mark.line + 1, error.mark.column + 1};
        if (error.mark.is_null()) place = Place{file};
        const bool tabbed = indented_by_tab(text, error.mark.line);
        diagnostics.push_back({place, "malformed YAML: " + error.msg +
                                          (tabbed ? "; indent with blanks, not with tabs" : "")});
    }
    return documents;
}

Node read_scalar(const std::string& text, const std::string& file) {
    Diagnostics problems;
    std::vector<Node> documents = read_yaml(text, file, problems);
    if (documents.size() == 1 && problems.empty()) return std::move(documents.front());
    // Nothing (an empty value is null), or text that YAML cannot read: taken as it is.
    Node node;
    node.file = &file;
    if (text.empty() || problems.empty()) return node;
    node.type = Node::Type::String;
    node.text = text;
    node.scalar = Value(text);
    return node;
}

}  // namespace scenarios
