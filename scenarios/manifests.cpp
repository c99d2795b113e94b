#include "scenarios/manifests.hpp"

#include <algorithm>

#include "scenarios/file_text.hpp"
#include "scenarios/json_reader.hpp"
#include "scenarios/yaml_reader.hpp"

namespace scenarios {
namespace {

using model::api::KindInfo;

// Fields that the server writes and a wish does not hold.
constexpr std::string_view kServersOwn[] = {"resourceVersion",   "uid",
                                            "creationTimestamp", "generation",
                                            "deletionTimestamp", "deletionGracePeriodSeconds",
                                            "selfLink"};

class Reader {
  public:
    Reader(ManifestUse use, LoadContext& context) : use_(use), context_(context) {}

    void read(const Node& node) {
        if (node.is_list()) {
            for (const Node& item : node.items) read(item);
        } else if (node.is_string()) {
            read_text(node);
        } else if (!node.is_map()) {
            context_.error(node.place(), "expected a manifest, found " + node.describe());
        } else if (node.member("file") && !node.member("kind")) {
            read_file_of(node);
        } else if (is_list(node)) {
            for (const Node& item : node.find("items")->items) read(item);
        } else {
            read_object(node);
        }
    }

    std::vector<Manifest> take() { return std::move(found_); }

  private:
    static bool is_list(const Node& node) {
        const Node* items = node.find("items");
        return text_of(node.find("kind")).ends_with("List") && items && items->is_list();
    }

    // Several documents as one string; places are those of the string's lines.
    void read_text(const Node& node) {
        Diagnostics problems;
        std::vector<Node> documents = read_yaml(node.text, *node.file, problems);
        const int offset = node.text.find('\n') == std::string::npos ? node.line - 1 : node.line;
        for (Diagnostic& d : problems) {
            d.place.line += offset;
            context_.error(d.place, d.message);
        }
        for (Node& document : documents) {
            shift(document, offset);
            if (document.is_string()) {
                context_.error(node.place(), "expected a manifest, found " + document.describe());
                return;
            }
            read(document);
        }
    }

    static void shift(Node& node, int lines) {
        node.line += lines;
        for (Node& item : node.items) shift(item, lines);
        for (Member& m : node.members) {
            m.line += lines;
            shift(m.value, lines);
        }
    }

    void read_file_of(const Node& node) {
        const Node* name = node.find("file");
        if (!name || !name->is_string() || name->text.empty()) {
            return context_.error(node.place(), "expected a file name");
        }
        for (const Member& m : node.members) {
            if (m.key != "file") {
                return context_.error(m.place(),
                                      "{file: ...} takes no other key, found \"" + m.key + "\"");
            }
        }
        const std::string path = context_.resolve(name->text);
        if (std::find(open_.begin(), open_.end(), path) != open_.end() || path == context_.file) {
            return context_.error(name->place(), path + ": this file includes itself");
        }
        const bool json = path.ends_with(".json");
        FileText file = read_file(path, json ? JsonLimits().bytes : ReadLimits().bytes);
        if (!file.problem.empty()) return context_.error(name->place(), path + ": " + file.problem);
        const std::string& kept = context_.keep(path);
        if (is_json(path, file.text)) return read_json_file(file.text, kept);
        const std::vector<Node> documents = read_yaml(file.text, kept, context_.problems);
        open_.push_back(path);
        for (const Node& document : documents) read(document);
        open_.pop_back();
    }

    void read_json_file(const std::string& text, const std::string& kept) {
        open_.push_back(kept);
        read_json_items(text, kept, context_.problems, [&](const Value& item, const Place& place) {
            read(node_at(item, place, kept));
        });
        open_.pop_back();
    }

    // All of it stands where the item begins.
    static Node node_at(const Value& v, const Place& place, const std::string& file) {
        Node node;
        node.type = static_cast<Node::Type>(v.type());
        node.quoted = v.is_string();
        node.line = place.line;
        node.column = place.column;
        node.file = &file;
        if (node.is_scalar()) {
            node.text = v.is_string() ? std::string(v.as_string()) : v.to_json();
            node.scalar = v;
        }
        for (const Value& item : v.as_list()) node.items.push_back(node_at(item, place, file));
        for (const auto& [key, member] : v.as_map())
            node.members.push_back(
                Member{key.str(), place.line, place.column, node_at(member, place, file)});
        return node;
    }

    void read_object(const Node& node) {
        for (const char* key : {"apiVersion", "kind"}) {
            const Node* word = node.find(key);
            if (word && word->is_string() && !word->text.empty()) continue;
            std::string message = "the manifest lacks \"" + std::string(key) + "\"";
            if (word && !word->is_string())
                message = std::string(key) + ": expected text, found " + word->describe();
            return context_.error(word ? word->place() : node.place(), message);
        }
        const std::string& kind = node.find("kind")->text;
        const std::string& version = node.find("apiVersion")->text;
        if (const Node* meta = node.find("metadata"); meta && !meta->is_map()) {
            return context_.error(meta->place(),
                                  "metadata: expected a map, found " + meta->describe());
        }
        if (!right_group(*node.find("apiVersion"), kind)) return;
        const KindInfo& info = context_.scheme.info(context_.scheme.resolve(version, kind));
        context_.note_kind(info, node.place());
        if (info.typed) context_.check_fields(node, info.id, "");
        context_.check_uids(node);
        Manifest manifest{node.to_value(), info.id, node.place()};
        trim(manifest.value, info);
        found_.push_back(std::move(manifest));
    }

    // A known kind under another of Kubernetes' own groups is a slip; a custom group may use any
    // word.
    bool right_group(const Node& version, const std::string& kind) {
        const KindInfo* known = context_.scheme.find(kind);
        if (!known || !known->typed) return true;
        const std::size_t slash = version.text.find('/');
        const std::string group = slash == std::string::npos ? "" : version.text.substr(0, slash);
        const bool native =
            group.empty() || group.ends_with("k8s.io") || group == "apps" || group == "batch";
        const bool fits = group == known->group || (kind == "Event" && group == "events.k8s.io");
        if (fits || !native) return true;
        context_.error(version.place(),
                       kind + " belongs to " + known->apiVersion + ", not to " + version.text);
        return false;
    }

    void trim(Value& manifest, const KindInfo& info) const {
        Value& metadata = manifest["metadata"];
        metadata.erase("managedFields");
        if (use_ == ManifestUse::Objects) metadata.erase("resourceVersion");
        if (use_ == ManifestUse::Apply) {
            for (std::string_view key : kServersOwn) metadata.erase(key);
        }
        const Value* ns = metadata.find("namespace");
        if (info.namespaced && (!ns || ns->is_empty())) metadata["namespace"] = Value("default");
    }

    ManifestUse use_;
    LoadContext& context_;
    std::vector<Manifest> found_;
    std::vector<std::string> open_;  // files that are being read
};

}  // namespace

std::vector<Manifest> read_manifests(const Node& node, ManifestUse use, LoadContext& context) {
    Reader reader(use, context);
    reader.read(node);
    return reader.take();
}

std::string name_of(const Value& manifest) {
    auto text = [&](std::initializer_list<std::string_view> path) {
        const Value* v = manifest.at(path);
        return v ? std::string(v->as_string()) : std::string();
    };
    std::string name = text({"metadata", "name"});
    if (name.empty()) name = text({"metadata", "generateName"}) + "*";
    const std::string ns = text({"metadata", "namespace"});
    return text({"kind"}) + " " + (ns.empty() ? "" : ns + "/") + name;
}

}  // namespace scenarios
