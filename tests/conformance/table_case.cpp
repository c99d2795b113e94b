#include "tests/conformance/table_case.hpp"

#include <algorithm>
#include <fstream>
#include <map>

#include <nlohmann/json.hpp>

#include "model/api/codec.hpp"
#include "model/volume/match.hpp"
#include "tests/conformance/json_value.hpp"
#include "tests/conformance/table_world.hpp"

namespace conformance {

using namespace model;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

const json& member(const json& j, const char* name) {
    static const json none;
    const auto it = j.find(name);
    return it == j.end() ? none : *it;
}

std::string text_or(const json& j, const std::string& otherwise) {
    return j.is_string() ? j.get<std::string>() : otherwise;
}

// An object as the table has it, with the kind that the place in the table implies.
api::Value manifest(const json& j, const char* version, const char* kind) {
    api::Value v = to_value(j);
    if (!v.find("kind")) v["kind"] = kind;
    if (!v.find("apiVersion")) v["apiVersion"] = version;
    return v;
}

bool lists_plugin_calls(const json& c) {
    const json& call = member(c, "call");
    return call.contains("deleteCalls") || call.contains("recycleCalls") ||
           call.contains("provisionCalls");
}

void give_plugin_calls(const json& c, bool plugin_present, MockVolume& plugins) {
    plugins.present = plugin_present;
    const json& call = member(c, "call");
    for (const json& e : member(call, "deleteCalls")) plugins.deletes.push_back(text_or(e, ""));
    for (const json& e : member(call, "recycleCalls")) plugins.recycles.push_back(text_or(e, ""));
    for (const json& p : member(call, "provisionCalls")) {
        ProvisionCall one;
        one.error = text_or(member(p, "error"), "");
        for (const auto& [key, value] : member(p, "expectedParameters").items())
            one.expected_parameters.set(key, value.get<std::string>());
        plugins.provisions.push_back(std::move(one));
    }
    const json& migration = member(call, "csiMigration");
    if (migration.is_object() && migration.value("enabled", false))
        plugins.migrated_to = text_or(member(migration, "driver"), "");
}

void mark_available(TableWorld& world, const std::string& name) {
    const auto volume =
        api::as<PV>(world.server().find(api::Kind::PersistentVolume, api::Key("", name)));
    if (!volume) return;
    PV next = *volume;
    next.spec.claimRef.reset();
    next.status.phase = api::phase::kAvailable;
    next.metadata.annotations = api::TextMap();
    api::Value v = api::encode(next, world.server().scheme());
    world.put(v);
}

// The test's claim turns up, bound: its volume counts as bound from then on.
void add_claim(TableWorld& world, const json& j) {
    const auto claim = api::as<PVC>(world.put(manifest(j, "v1", "PersistentVolumeClaim")));
    if (!claim) return;
    world.controller().store(claim);
    const auto volume = api::as<PV>(
        world.server().find(api::Kind::PersistentVolume, api::Key("", claim->spec.volumeName)));
    if (!volume) return;
    PV next = *volume;
    next.status.phase = api::phase::kBound;
    world.put(api::encode(next, world.server().scheme()));
}

void do_action(TableWorld& world, const json& action, bool while_running, bool into_controller) {
    for (const auto& [what, with] : action.items()) {
        if (what == "deleteVolume" && while_running) {
            world.remove_and_tell(api::Kind::PersistentVolume, with.get<std::string>());
        } else if (what == "deleteVolume") {
            world.remove(api::Kind::PersistentVolume, api::Key("", with.get<std::string>()));
        } else if (what == "deleteClaim" && while_running) {
            world.remove_and_tell(api::Kind::PersistentVolumeClaim, with.get<std::string>());
        } else if (what == "deleteClaim") {
            world.remove(api::Kind::PersistentVolumeClaim,
                         api::Key("default", with.get<std::string>()));
        } else if (what == "markVolumeAvailable") {
            mark_available(world, with.get<std::string>());
        } else if (what == "addVolume" && while_running) {
            world.put_and_tell(manifest(with, "v1", "PersistentVolume"));
        } else if (what == "addClaim" && while_running) {
            world.put_and_tell(manifest(with, "v1", "PersistentVolumeClaim"));
        } else if (what == "addVolume") {
            const auto volume = api::as<PV>(world.put(manifest(with, "v1", "PersistentVolume")));
            if (into_controller && volume) world.controller().store(volume);
        } else if (what == "addClaim") {
            add_claim(world, with);
        } else if (what == "addNode") {
            json node = with;
            if (with.is_string()) node = json{{"metadata", {{"name", with}}}};
            world.put(manifest(node, "v1", "Node"));
        }
    }
}

void fill(TableWorld& world, const json& c, bool whole_loop) {
    constexpr std::string_view kOnlyInServer = "pv-testing-skip-local-store";
    for (const json& j : member(c, "storageClasses"))
        world.put(manifest(j, "storage.k8s.io/v1", "StorageClass"));
    for (const json& j : member(c, "pods")) world.put(manifest(j, "v1", "Pod"));
    for (const json& j : member(c, "initialClaims")) {
        const auto claim = api::as<PVC>(world.put(manifest(j, "v1", "PersistentVolumeClaim")));
        if (!whole_loop && claim && !claim->metadata.annotations.contains(kOnlyInServer))
            world.controller().store(claim);
    }
    for (const json& j : member(c, "initialVolumes")) {
        const auto volume = api::as<PV>(world.put(manifest(j, "v1", "PersistentVolume")));
        if (!whole_loop && volume && !volume->metadata.annotations.contains(kOnlyInServer))
            world.controller().store(volume);
    }
    for (const json& e : member(c, "reactorErrors"))
        world.errors.push_back({text_or(member(e, "verb"), "*"),
                                text_or(member(e, "resource"), "*"),
                                text_or(member(e, "error"), "")});
}

// The object that the case's call is about: the first claim or volume, as the controller knows it.
api::ObjectRef subject(TableWorld& world, const json& c) {
    const bool claim =
        text_or(member(member(c, "call"), "function"), "").find("Claim") != std::string::npos;
    const json& list = member(c, claim ? "initialClaims" : "initialVolumes");
    if (list.empty()) return {};
    const json& meta = member(list.front(), "metadata");
    const std::string name = text_or(member(meta, "name"), "");
    if (claim)
        return world.controller().claims().get(
            api::Key(text_or(member(meta, "namespace"), ""), name));
    return world.controller().volumes().get(name);
}

// Syncs whatever has changed, version by version, and everything when nothing has, until that
// changes nothing.
void run_multisync(TableWorld& world, const json& c) {
    world.sync(subject(world, c));
    bool first = true;
    for (int i = 0; i < 100; ++i) {
        world.pass_time(100ms);
        if (world.changes.empty()) {
            if (!first && world.changes_since_sync == 0) return;
            first = false;
            for (api::Kind kind : {api::Kind::PersistentVolumeClaim, api::Kind::PersistentVolume})
                for (const api::ObjectRef& o : world.all(kind)) world.changes.push_back(o);
            world.changes_since_sync = 0;
        }
        world.pass_time(600ms);  // the backoff of failed operations is over
        if (world.changes.empty()) continue;
        const api::ObjectRef next = world.changes.front();
        world.changes.pop_front();
        world.sync(next);
    }
}

void run_loop(TableWorld& world, const json& c) {
    world.start_controller();
    world.settle();
    for (const json& action : member(member(c, "call"), "actions")) {
        do_action(world, action, true, false);
        world.settle();
    }
    world.controller().resync();
    world.settle();
}

std::vector<std::string> check_objects(const TableWorld& world, api::Kind kind,
                                       const json& expected) {
    std::map<std::string, api::Value> want, got;
    for (const json& j : expected) {
        api::Value v = to_value(j);
        v.erase("kind");
        v.erase("apiVersion");
        want[text_or(member(member(j, "metadata"), "name"), "")] = normalized(v);
    }
    const api::Scheme scheme;
    for (const api::ObjectRef& o : world.all(kind)) {
        api::Value v = api::encode(*o, scheme);
        v.erase("kind");
        v.erase("apiVersion");
        got[o->metadata.name.str()] = normalized(v);
    }
    std::vector<std::string> lines;
    for (const auto& [name, value] : want) {
        if (!got.contains(name)) {
            lines.push_back(name + ": expected, but it is not there");
            continue;
        }
        for (const std::string& d : differences(value, got[name])) lines.push_back(name + ": " + d);
    }
    for (const auto& [name, value] : got)
        if (!want.contains(name)) lines.push_back(name + ": not expected: " + value.to_json());
    return lines;
}

std::vector<std::string> check_events(const std::vector<std::string>& got, const json& expected,
                                      bool prefixes) {
    std::vector<std::string> lines;
    const std::size_t n = prefixes ? expected.size() : std::max(expected.size(), got.size());
    for (std::size_t i = 0; i < n; ++i) {
        const std::string want = i < expected.size() ? expected[i].get<std::string>() : "nothing";
        const std::string have = i < got.size() ? got[i] : "nothing";
        const bool same = prefixes ? have.starts_with(want) : have == want;
        if (!same)
            lines.push_back("event " + std::to_string(i + 1) + ": expected " + want + ", got " +
                            have);
    }
    return lines;
}

SentRequest request_of(const json& j) {
    SentRequest s;
    s.verb = text_or(member(j, "verb"), "");
    s.resource = text_or(member(j, "resource"), "");
    s.subresource = text_or(member(j, "subresource"), "");
    s.ns = text_or(member(j, "namespace"), "");
    s.object = to_value(member(j, "object"));
    s.name = text_or(member(j, "name"),
                     text_or(member(member(member(j, "object"), "metadata"), "name"), ""));
    return s;
}

std::vector<std::string> check_requests(const std::vector<SentRequest>& got, const json& expected) {
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < std::max<std::size_t>(expected.size(), got.size()); ++i) {
        const std::string place = "request " + std::to_string(i + 1) + ": ";
        if (i >= expected.size()) {
            lines.push_back(place + "not expected: " + got[i].to_string());
            continue;
        }
        const SentRequest want = request_of(expected[i]);
        if (i >= got.size()) {
            lines.push_back(place + "expected " + want.to_string() + ", but it was not sent");
        } else if (want.to_string() != got[i].to_string()) {
            lines.push_back(place + "expected " + want.to_string() + ", got " + got[i].to_string());
        } else {
            api::Value w = want.object, g = got[i].object;
            for (api::Value* v : {&w, &g}) {
                if (!v->is_map()) continue;
                v->erase("kind");
                v->erase("apiVersion");
            }
            for (const std::string& d : differences(normalized(w), normalized(g)))
                lines.push_back(place + got[i].to_string() + ": " + d);
        }
    }
    return lines;
}

void add(CaseResult& result, const std::string& what, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    result.reason += (result.reason.empty() ? "" : ", ") + what;
    result.lines.insert(result.lines.end(), lines.begin(), lines.end());
}

void run_match(const json& c, CaseResult& result) {
    api::Scheme scheme;
    volume::VolumeIndex index;
    std::vector<api::Ref<PV>> volumes;
    std::vector<const PV*> in_order;
    for (const json& j : member(c, "initialVolumes")) {
        auto decoded = api::decode_as(api::Kind::PersistentVolume, to_value(j), scheme);
        if (!decoded)
            return add(result, "a volume cannot be read", {decoded.error().message.str()});
        volumes.push_back(api::as<PV>(api::freeze(std::move(decoded.value()))));
        in_order.push_back(volumes.back().get());
        index.put(volumes.back());
    }
    auto decoded = api::decode_as(api::Kind::PersistentVolumeClaim,
                                  to_value(member(c, "initialClaims").front()), scheme);
    if (!decoded) return add(result, "the claim cannot be read", {decoded.error().message.str()});
    const api::Ref<PVC> claim = api::as<PVC>(api::freeze(std::move(decoded.value())));
    const volume::MatchOptions options(member(c, "call").value("delayBinding", false), true);
    const std::string expected = text_or(member(c, "expectedMatch"), "");
    const auto scanned = volume::find_best_match(*claim, in_order, options);
    const auto found = index.find(*claim, options);
    const std::string by_scan =
        scanned && scanned->volume ? scanned->volume->metadata.uid.str() : "";
    const std::string by_index = found && *found ? (*found)->metadata.uid.str() : "";
    if (by_scan != expected)
        add(result, "the scan", {"expected volume '" + expected + "', got '" + by_scan + "'"});
    if (by_index != expected)
        add(result, "the index", {"expected volume '" + expected + "', got '" + by_index + "'"});
}

void run_controller_case(const json& c, bool plugin_present, CaseResult& result) {
    // Cases that failed on 1.26.1 describe later versions.
    const bool recorded = member(c, "passedOn1_26_1").is_boolean() &&
                          member(c, "passedOn1_26_1").get<bool>() && c.contains("actualVolumes");
    Profile profile = *Profile::of(recorded ? "1.26" : "1.32");
    for (const auto& [gate, on] : member(c, "featureGates").items())
        profile.set_gate(gate, on.get<bool>());
    const std::string harness = text_or(member(c, "harness"), "sync");
    const bool whole_loop = harness == "controller";
    TableWorld world(profile, whole_loop);
    give_plugin_calls(c, plugin_present, world.plugins);
    fill(world, c, whole_loop);
    world.run_hooks_at_once = harness != "multisync";
    for (const json& action : member(member(c, "call"), "beforeOperation"))
        world.before_operation.push_back([&world, &action, &harness] {
            do_action(world, action, false, harness == "multisync");
        });
    if (whole_loop) {
        run_loop(world, c);
    } else {
        world.start_side_informers();
        if (harness == "multisync") {
            run_multisync(world, c);
        } else {
            world.sync(subject(world, c));
            world.settle();
        }
    }
    const char* claims = recorded ? "actualClaims" : "expectedClaims";
    const char* volumes = recorded ? "actualVolumes" : "expectedVolumes";
    add(result, "volumes", check_objects(world, api::Kind::PersistentVolume, member(c, volumes)));
    add(result, "claims",
        check_objects(world, api::Kind::PersistentVolumeClaim, member(c, claims)));
    add(result, "events",
        check_events(world.recorder.events, member(c, recorded ? "actualEvents" : "expectedEvents"),
                     !recorded));
    if (recorded) add(result, "requests", check_requests(world.sent, member(c, "actualApiWrites")));
}

}  // namespace

CaseResult run_table_case(const std::string& path) {
    CaseResult result;
    result.name = path;
    std::ifstream in(path);
    const json c = json::parse(in, nullptr, false);
    if (!c.is_object()) {
        result.reason = "no table case";
        return result;
    }
    result.name = text_or(member(c, "testFunction"), "") + " " + text_or(member(c, "name"), path);
    if (text_or(member(c, "harness"), "") == "findBestMatch") {
        run_match(c, result);
    } else {
        // Empty lists of calls are left out of the tables: without one they do not tell a
        // controller that has no plugin from one whose plugin has no answers. Such a case may be
        // either.
        const CaseResult blank = result;
        run_controller_case(c, lists_plugin_calls(c), result);
        if (!result.reason.empty() && !lists_plugin_calls(c)) {
            CaseResult other = blank;
            run_controller_case(c, true, other);
            if (other.reason.empty()) result = other;
        }
    }
    result.holds = result.reason.empty();
    return result;
}

}  // namespace conformance
