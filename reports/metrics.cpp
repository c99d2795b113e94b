// Counting what is told, and the text format of Prometheus.
#include "reports/metrics.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "model/api/constants.hpp"
#include "model/api/typed.hpp"
#include "reports/requests.hpp"

namespace reports {

namespace {

namespace api = model::api;
using model::Verb;

// Upper bounds in milliseconds.
using Buckets = std::span<const double>;
// csi-lib-utils metrics; the kubelet's csi_operations_seconds and the volume operations of
// kubelet and controllers have the same.
constexpr std::array kOfCalls = {100.0,   250.0,   500.0,   1000.0,   2500.0,   5000.0,  10000.0,
                                 15000.0, 25000.0, 50000.0, 120000.0, 300000.0, 600000.0};
// component-base metrics of work queues.
constexpr std::array kOfQueues = {1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0, 1000.0, 10000.0};
// client-go's rate limiter.
constexpr std::array kOfClients = {5.0,    25.0,   100.0,  250.0,   500.0,   1000.0,
                                   2000.0, 4000.0, 8000.0, 15000.0, 30000.0, 60000.0};
// Prometheus' own default, which sig-storage-lib-external-provisioner takes.
constexpr std::array kOtherwise = {5.0,   10.0,   25.0,   50.0,   100.0,  250.0,
                                   500.0, 1000.0, 2500.0, 5000.0, 10000.0};

Buckets buckets_of(std::string_view metric) {
    if (metric.starts_with("csi_") || metric.starts_with("storage_operation_")) return kOfCalls;
    if (metric.starts_with("workqueue_")) return kOfQueues;
    if (metric.starts_with("rest_client_")) return kOfClients;
    return kOtherwise;
}

// As the text format wants values of labels.
std::string in_quotes(std::string_view value) {
    std::string text = "\"";
    for (char c : value) {
        if (c == '\\' || c == '"') text += '\\';
        text += c == '\n' ? std::string("\\n") : std::string(1, c);
    }
    return text + "\"";
}

template <class Range>
std::string printed(const Range& labels) {
    std::vector<std::string> parts;
    for (const auto& [name, value] : labels)
        parts.push_back(std::string(name) + "=" + in_quotes(value));
    std::sort(parts.begin(), parts.end());
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : ",") + part;
    return text;
}

// Milliseconds as seconds, exactly: 0.005, 10.
std::string bound(double milliseconds) {
    const auto nanos = static_cast<std::int64_t>(milliseconds * 1e6 + 0.5);
    std::string text = sim::seconds_text(sim::Time(sim::Duration(nanos)), 9);
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
    return text;
}

std::string_view method_of(Verb verb) {
    switch (verb) {
        case Verb::Create:
            return "POST";
        case Verb::Update:
            return "PUT";
        case Verb::Patch:
            return "PATCH";
        case Verb::Delete:
        case Verb::DeleteCollection:
            return "DELETE";
        default:
            return "GET";
    }
}

std::string upper(std::string_view word) {
    std::string text(word);
    for (char& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return text;
}

std::string_view verb_of(Verb verb) {
    switch (verb) {
        case Verb::Create:
            return "POST";
        case Verb::Update:
            return "PUT";
        default:
            return to_string(verb);
    }
}

std::string plugin_of(const api::PersistentVolume& volume) {
    const api::PersistentVolumeSource& source = volume.spec.source;
    if (source.csi) return "kubernetes.io/csi:" + source.csi->driver.str();
    if (source.hostPath) return "kubernetes.io/host-path";
    if (source.nfs) return "kubernetes.io/nfs";
    if (source.local) return "kubernetes.io/local-volume";
    return "N/A";
}

struct Gauges {
    std::map<std::string, std::map<std::string, std::uint64_t>> by_name;
    template <class... L>
    void add(const std::string& name, L... labels) {
        const std::array<std::pair<std::string_view, std::string>, sizeof...(L)> all = {labels...};
        ++by_name[name][printed(all)];
    }
};

Gauges gauges_of(const api::ObjectReader& objects) {
    using Label = std::pair<std::string_view, std::string>;
    Gauges gauges;
    objects.for_each(api::Kind::PersistentVolume, "", [&](const api::ObjectRef& object) {
        const auto volume = api::as<api::PersistentVolume>(object);
        const bool bound = volume->status.phase == api::phase::kBound;
        gauges.add(bound ? "pv_collector_bound_pv_count" : "pv_collector_unbound_pv_count",
                   Label{"storage_class", volume->spec.storageClassName.str()});
        const std::string mode = volume->spec.volumeMode ? volume->spec.volumeMode->str() : "";
        gauges.add("pv_collector_total_pv_count", Label{"plugin_name", plugin_of(*volume)},
                   Label{"volume_mode", mode.empty() ? "Filesystem" : mode});
    });
    objects.for_each(api::Kind::PersistentVolumeClaim, "", [&](const api::ObjectRef& object) {
        const auto claim = api::as<api::PersistentVolumeClaim>(object);
        const bool bound = claim->status.phase == api::phase::kBound;
        const std::string cls =
            claim->spec.storageClassName ? claim->spec.storageClassName->str() : "";
        gauges.add(bound ? "pv_collector_bound_pvc_count" : "pv_collector_unbound_pvc_count",
                   Label{"namespace", claim->metadata.ns.str()}, Label{"storage_class", cls});
    });
    return gauges;
}

std::string line(std::string_view name, std::string_view labels, std::string_view value) {
    std::string text(name);
    if (!labels.empty()) text += "{" + std::string(labels) + "}";
    return text + " " + std::string(value) + "\n";
}

}  // namespace

void Metrics::count(std::string_view metric, Labels labels) {
    auto family = counters_.find(metric);
    if (family == counters_.end()) family = counters_.try_emplace(std::string(metric)).first;
    ++family->second[printed(labels)];
}

void Metrics::observe(std::string_view metric, Labels labels, sim::Duration took) {
    auto family = histograms_.find(metric);
    if (family == histograms_.end()) family = histograms_.try_emplace(std::string(metric)).first;
    Histogram& histogram = family->second[printed(labels)];
    const Buckets bounds = buckets_of(metric);
    histogram.counts.resize(bounds.size() + 1);
    const double milliseconds = std::chrono::duration<double, std::milli>(took).count();
    const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), milliseconds);
    ++histogram.counts[static_cast<std::size_t>(bucket - bounds.begin())];
    histogram.sum += took;
}

void Metrics::on(const model::Stamp& stamp, const model::Happening& happening) {
    if (const auto* sync = std::get_if<model::Synced>(&happening)) {
        const std::string_view job = sync->controller.substr(0, sync->controller.find('/'));
        const std::string_view name =
            sync->controller.substr(job.size() == sync->controller.size() ? 0 : job.size() + 1);
        count("workqueue_adds_total", {{"job", job}, {"name", name}});
        observe("workqueue_queue_duration_seconds", {{"job", job}, {"name", name}},
                sync->started - sync->added);
        observe("workqueue_work_duration_seconds", {{"job", job}, {"name", name}},
                stamp.at - sync->started);
    }
    const auto* request = std::get_if<model::Requested>(&happening);
    if (!request) return;
    const api::KindInfo& info = scheme_.info(request->kind);
    const std::string code = std::to_string(request->status.code);
    const std::string verb = upper(verb_of(request->verb));
    const std::string_view subresource =
        request->subresource == api::Subresource::None ? "" : to_string(request->subresource);
    if (request->status.code != 0)
        count("apiserver_request_total", {{"code", code},
                                          {"resource", info.resource},
                                          {"subresource", subresource},
                                          {"verb", verb}});
    count("rest_client_requests_total", {{"code", request->status.code ? code : "<error>"},
                                         {"job", request->by.view()},
                                         {"method", method_of(request->verb)}});
    observe("rest_client_rate_limiter_duration_seconds",
            {{"job", request->by.view()}, {"verb", method_of(request->verb)}},
            request->sent - request->asked);
}

std::string Metrics::text(const api::ObjectReader& objects) const {
    std::map<std::string, std::string> families;
    for (const auto& [name, series] : counters_) {
        std::string& text = families[name] = "# TYPE " + name + " counter\n";
        for (const auto& [labels, value] : series)
            text += line(name, labels, std::to_string(value));
    }
    for (const auto& [name, series] : gauges_of(objects).by_name) {
        std::string& text = families[name] = "# TYPE " + name + " gauge\n";
        for (const auto& [labels, value] : series)
            text += line(name, labels, std::to_string(value));
    }
    for (const auto& [name, series] : histograms_) {
        std::string& text = families[name] = "# TYPE " + name + " histogram\n";
        const Buckets bounds = buckets_of(name);
        for (const auto& [labels, histogram] : series) {
            const std::string first = labels.empty() ? "" : labels + ",";
            std::uint64_t sum = 0;
            for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
                sum += histogram.counts[i];
                const std::string le = i < bounds.size() ? bound(bounds[i]) : "+Inf";
                text += line(name + "_bucket", first + "le=\"" + le + "\"", std::to_string(sum));
            }
            text += line(name + "_sum", labels, sim::seconds_text(sim::Time(histogram.sum), 9));
            text += line(name + "_count", labels, std::to_string(sum));
        }
    }
    std::string all;
    for (const auto& [name, text] : families) all += text;
    return all;
}

}  // namespace reports
