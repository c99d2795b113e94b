#include "model/node/plugin_registration.hpp"

#include <algorithm>

#include "model/csi/messages.hpp"
#include "model/wait.hpp"

namespace model::node {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view kCaller = "kubelet";
constexpr std::string_view kNodeIds = "csi.volume.kubernetes.io/nodeid";
constexpr sim::Duration kAsking = 2min;
constexpr sim::Duration kFirstRetry = 500ms, kLongestRetry = 122s;
constexpr int kTries = 4;  // nodeinfomanager: 10 ms, five times as long each time

// {"driver":"id"} with one more member.
std::string with_id(std::string_view before, const std::string& driver, const api::Text& id) {
    const std::string entry = "\"" + driver + "\":\"" + id.str() + "\"";
    std::string all(before);
    if (all.size() <= 2) return "{" + entry + "}";
    if (all.find("\"" + driver + "\":") != std::string::npos) return all;
    all.back() = ',';
    return all + entry + "}";
}

// The same with that member taken out.
std::string without_id(std::string_view before, const std::string& driver) {
    std::string all(before);
    const std::string start = "\"" + driver + "\":\"";
    std::size_t from = all.find(start);
    if (from == std::string::npos) return all;
    std::size_t to = all.find('"', from + start.size()) + 1;
    if (all[to] == ',') {
        ++to;
    } else if (all[from - 1] == ',') {
        --from;
    }
    return all.erase(from, to - from);
}

}  // namespace

bool put_entry(api::List<api::CSINodeDriver>& drivers, const std::string& driver,
               const csi::NodeGetInfoResponse& info) {
    api::CSINodeDriver entry;
    entry.name = driver;
    entry.nodeID = info.node_id;
    if (info.accessible_topology)
        for (const auto& segment : info.accessible_topology->segments)
            entry.topologyKeys.push_back(segment.first);
    if (info.max_volumes_per_node > 0) {
        entry.allocatable.emplace();
        entry.allocatable->count = info.max_volumes_per_node;
    }
    api::List<api::CSINodeDriver> others;
    bool same = false;
    for (const api::CSINodeDriver& d : std::as_const(drivers)) {
        if (d.name == driver) {
            same = d == entry;
        } else {
            others.push_back(d);
        }
    }
    if (same) return false;
    others.push_back(entry);
    drivers = std::move(others);
    return true;
}

PluginRegistration::PluginRegistration(control::Process& process, control::Client& client,
                                       Setting setting)
    : process_(process), engine_(process.engine()), client_(client), setting_(std::move(setting)) {}

void PluginRegistration::take_all_as_registered() {
    for (const std::string& driver : setting_.drivers)
        if (setting_.endpoint(driver)) registered_.insert(driver);
}

void PluginRegistration::start() {
    for (const std::string& driver : setting_.drivers) {
        auto gate = std::make_unique<sim::Gate>(engine_);
        setting_.socket(driver)->on_change(life_, [gate = gate.get()] { gate->open(); });
        changed_[driver] = std::move(gate);
        process_.spawn("registration of " + driver, run(driver));
    }
}

// pluginmanager: sockets that came or went are seen at the next look, each second. One that did
// both in between is entered anew.
sim::Task<void> PluginRegistration::run(std::string driver) {
    sim::Gate& changed = *changed_.at(driver);
    for (;;) {
        if (!registered_.contains(driver)) {
            auto entering = enter(driver);
            co_await std::move(entering);
        }
        co_await changed.wait(kind_of(Wait::PollGrid), "the driver's socket to go");
        const sim::Time next = setting_.looks.after(engine_.now());
        co_await engine_.sleep_until(next, kind_of(Wait::PollGrid));
        changed.close();
        auto leaving = leave(driver);
        co_await std::move(leaving);
    }
}

sim::Task<void> PluginRegistration::enter(std::string driver) {
    sim::Duration retry = kFirstRetry;
    for (;;) {
        if (!setting_.endpoint(driver)) {
            co_await changed_.at(driver)->wait(kind_of(Wait::PollGrid), "the driver's socket");
            retry = kFirstRetry;
        }
        const sim::Time next = setting_.looks.after(engine_.now());
        co_await engine_.sleep_until(next, kind_of(Wait::PollGrid));
        changed_.at(driver)->close();
        auto installing = install(driver);
        const bool done = co_await std::move(installing);
        if (done) break;
        co_await engine_.sleep_for(retry, kind_of(Wait::Backoff));
        retry = std::min(retry * 2, kLongestRetry);
    }
    registered_.insert(driver);
    setting_.registered();
}

// csi_plugin.go DeRegisterPlugin: out of the list first, then out of the CSINode; what cannot be
// written stays.
sim::Task<void> PluginRegistration::leave(std::string driver) {
    registered_.erase(driver);
    setting_.registered();
    sim::Duration wait = 10ms;
    bool done = false;
    for (int tries = 0; tries < kTries && !done; ++tries) {
        if (tries > 0) {
            co_await engine_.sleep_for(wait, kind_of(Wait::Backoff));
            wait *= 5;
        }
        auto removing = remove_from_csi_node(driver);
        done = co_await std::move(removing);
    }
    if (!done) co_return;
    auto removing_id = remove_from_node(driver);
    co_await std::move(removing_id);
}

sim::Task<bool> PluginRegistration::remove_from_csi_node(std::string driver) {
    auto reading = client_.get<api::CSINode>(api::Key("", setting_.node));
    const api::Result<api::Ref<api::CSINode>> found = co_await std::move(reading);
    if (!found) co_return found.error().is(api::Reason::NotFound);
    api::CSINode changed = **found;
    const std::size_t before = changed.spec.drivers.size();
    erase_if(changed.spec.drivers, [&](const api::CSINodeDriver& d) { return d.name == driver; });
    if (changed.spec.drivers.size() == before) co_return true;
    auto writing = client_.update<api::CSINode>(std::move(changed));
    const api::Result<api::Ref<api::CSINode>> written = co_await std::move(writing);
    co_return written.ok();
}

sim::Task<void> PluginRegistration::remove_from_node(std::string driver) {
    const api::Key key("", setting_.node);
    auto reading = client_.get<api::Node>(key);
    const api::Result<api::Ref<api::Node>> node = co_await std::move(reading);
    if (!node) co_return;
    const api::Text ids = (*node)->metadata.annotations.get(kNodeIds);
    const std::string left = without_id(ids, driver);
    if (left == ids.view()) co_return;
    api::Value body;
    body["metadata"]["annotations"][kNodeIds] = left == "{}" ? api::Value() : api::Value(left);
    auto writing = client_.patch<api::Node>(key, std::move(body), api::PatchType::Strategic,
                                            api::Subresource::Status);
    std::ignore = co_await std::move(writing);
}

sim::Task<bool> PluginRegistration::install(std::string driver) {
    csi::Endpoint* endpoint = setting_.endpoint(driver);
    if (!endpoint) co_return false;
    csi::NodeGetInfoRequest request;
    auto asking = endpoint->call(api::Text(kCaller), std::move(request), kAsking);
    const csi::CallResult<csi::NodeGetInfoResponse> info = co_await std::move(asking);
    if (!info.ok()) co_return false;
    sim::Duration wait = 10ms;
    bool done = false;
    for (int tries = 0; tries < kTries && !done; ++tries) {
        if (tries > 0) {
            co_await engine_.sleep_for(wait, kind_of(Wait::Backoff));
            wait *= 5;
        }
        auto labelling = update_node(driver, info.response);
        done = co_await std::move(labelling);
    }
    if (!done) co_return false;
    wait = 10ms;
    done = false;
    for (int tries = 0; tries < kTries && !done; ++tries) {
        if (tries > 0) {
            co_await engine_.sleep_for(wait, kind_of(Wait::Backoff));
            wait *= 5;
        }
        auto entering = update_csi_node(driver, info.response);
        done = co_await std::move(entering);
    }
    co_return done;
}

// A label that has another value already is a collision: registration fails until it is gone.
sim::Task<bool> PluginRegistration::update_node(std::string driver, csi::NodeGetInfoResponse info) {
    const api::Key key("", setting_.node);
    auto reading = client_.get<api::Node>(key);
    const api::Result<api::Ref<api::Node>> node = co_await std::move(reading);
    if (!node) co_return false;
    const api::ObjectMeta& metadata = (*node)->metadata;
    api::Value changes;
    const std::string ids = with_id(metadata.annotations.get(kNodeIds), driver, info.node_id);
    if (metadata.annotations.get(kNodeIds) != ids) changes["annotations"][kNodeIds] = ids;
    if (info.accessible_topology) {
        for (const auto& [label, value] : info.accessible_topology->segments) {
            const api::Text* known = metadata.labels.find(label);
            if (known && *known != value) co_return false;
            if (!known) changes["labels"][label] = value;
        }
    }
    if (changes.is_null()) co_return true;
    api::Value body;
    body["metadata"] = std::move(changes);
    auto writing = client_.patch<api::Node>(key, std::move(body), api::PatchType::Strategic,
                                            api::Subresource::Status);
    const api::Result<api::Ref<api::Node>> written = co_await std::move(writing);
    co_return written.ok();
}

sim::Task<bool> PluginRegistration::update_csi_node(std::string driver,
                                                    csi::NodeGetInfoResponse info) {
    auto reading_node = client_.get<api::Node>(api::Key("", setting_.node));
    const api::Result<api::Ref<api::Node>> node = co_await std::move(reading_node);
    if (!node) co_return false;
    auto reading = client_.get<api::CSINode>(api::Key("", setting_.node));
    const api::Result<api::Ref<api::CSINode>> found = co_await std::move(reading);
    if (!found && !found.error().is(api::Reason::NotFound)) co_return false;
    if (!found) {
        api::CSINode fresh;
        fresh.metadata.name = setting_.node;
        api::OwnerReference owner;
        owner.apiVersion = "v1";
        owner.kind = "Node";
        owner.name = setting_.node;
        owner.uid = (*node)->metadata.uid;
        fresh.metadata.ownerReferences.push_back(owner);
        (void)put_entry(fresh.spec.drivers, driver, info);
        auto making = client_.create<api::CSINode>(std::move(fresh));
        const api::Result<api::Ref<api::CSINode>> made = co_await std::move(making);
        co_return made.ok();
    }
    api::CSINode changed = **found;
    if (!put_entry(changed.spec.drivers, driver, info)) co_return true;
    auto writing = client_.update<api::CSINode>(std::move(changed));
    const api::Result<api::Ref<api::CSINode>> written = co_await std::move(writing);
    co_return written.ok();
}

}  // namespace model::node
