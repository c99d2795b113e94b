#include "reports/html_report.hpp"

#include <doctest/doctest.h>

#include "reports/html_parts.hpp"
#include "tests/reports/reported_cluster.hpp"

using namespace std::chrono_literals;
using reports::ReportedCluster;

namespace {

const char* const kHostile = "<script>alert(\"1\")</script>'&\"><img src=x onerror=alert(1)>";

std::size_t count(const std::string& text, std::string_view part) {
    std::size_t n = 0;
    for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
    return n;
}

// A run of a driver in which something fails, with every text of the summary as given.
std::string page(std::uint64_t seed, const std::string& text) {
    ReportedCluster c(ReportedCluster::with_driver(seed, "instant"));
    REQUIRE(c.cluster.preload(ReportedCluster::driver_class()).ok());
    reports::StateBars states;
    reports::CallBars calls;
    states.take_in(c.cluster.server());
    c.cluster.journal().listen(&states);
    c.cluster.journal().listen(&calls);
    model::csi::Fault fault;
    fault.code = model::csi::Code::Internal;
    fault.message = model::api::Text(text);
    fault.times = 2;
    c.endpoint().faults().add(model::csi::Method::CreateVolume, fault);
    for (int i = 0; i < 4; ++i)
        c.create_at(1s, ReportedCluster::driver_claim("data-" + std::to_string(i)));
    c.delete_at(20s, model::api::Kind::PersistentVolumeClaim, "data-1");
    c.cluster.start();
    c.cluster.engine().run_until(sim::Time(60s));
    reports::RunSummary summary;
    summary.scenario = summary.description = summary.file = summary.kubernetes = text;
    summary.notices = summary.unsettled = {text};
    summary.phases = {{text, 1s}};
    summary.steps = {{text, text, text, {}, {}, 0, text, text}};
    summary.expectations = {{text, text, "failed", {}, text, {text}}};
    summary.broken = {{text, text, sim::Time(1s)}};
    summary.first_failure = text;
    summary.exit = 1;
    summary.ended = sim::Time(60s);
    const auto claims = c.paths.paths(c.trace);
    const auto groups =
        reports::passage_groups(claims, c.lives.passages(c.trace), c.pods.passages(&c.trace));
    const std::string name(ReportedCluster::kDriver);
    const model::csi::Backend& backend = c.endpoint().driver().backend();
    const std::vector<reports::DriverState> drivers = {
        {name, text, backend,
         model::csi::inventory_of(backend.volumes(),
                                  model::csi::volumes_of(c.cluster.server(), name)),
         c.calls.of(name)}};
    return reports::html_report({summary, groups, drivers, states, calls});
}

// Each tag that is opened is closed, in order; of those that need not be there are three.
bool is_balanced(const std::string& html) {
    std::vector<std::string> open;
    for (std::size_t at = html.find('<'); at != html.npos; at = html.find('<', at + 1)) {
        if (html.compare(at, 2, "<!") == 0) continue;
        const bool closes = html[at + 1] == '/';
        const std::size_t from = at + (closes ? 2 : 1);
        const std::size_t to = html.find_first_of(" >/\n", from);
        const std::string name = html.substr(from, to - from);
        if (name == "meta" || name == "col" || html[html.find('>', at) - 1] == '/') continue;
        if (!closes) {
            open.push_back(name);
        } else if (open.empty() || open.back() != name) {
            MESSAGE("</", name, "> closes <", open.empty() ? "nothing" : open.back(), ">");
            return false;
        } else {
            open.pop_back();
        }
    }
    return open.empty();
}

}  // namespace

TEST_CASE("the page holds every section, is whole, and the same each time") {
    const std::string html = page(3, "calm");
    CHECK(html == page(3, "calm"));
    CHECK(html.starts_with("<!DOCTYPE html>\n<html lang=\"en\""));
    CHECK(is_balanced(html));
    for (const char* part :
         {"<h2 id=\"failures\">", "<h2 id=\"expectations\">", "<h2 id=\"objects\">",
          "<h2 id=\"latencies\">", "<h2 id=\"calls\">", "<h2 id=\"events\">", "<h2 id=\"steps\">",
          "<caption>Claims</caption>", "<caption>Volumes</caption>", "default/data-0",
          "ProvisioningFailed", "CreateVolume", "<svg class=\"histogram\"", "<title>"})
        CHECK_MESSAGE(html.find(part) != html.npos, part);
    CHECK(html.find("<h2 id=\"nodes\">") == html.npos);  // nothing is attached
    CHECK(html.find("Pending 1.0") != html.npos);        // what bars show is there as text
    for (const char* link : {"#failures", "#objects", "#steps", "#main"})
        CHECK(html.find("href=\"" + std::string(link) + "\"") != html.npos);
}

TEST_CASE("names and messages cannot bring markup or scripts into the page") {
    const std::string html = page(3, kHostile);
    CHECK(is_balanced(html));
    CHECK(html.find("<script") == html.npos);
    CHECK(html.find("<img") == html.npos);
    CHECK(count(html, "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&apos;&amp;&quot;&gt;") >=
          10);
}

TEST_CASE("the page needs nothing from elsewhere and forbids it") {
    const std::string html = page(3, "calm");
    CHECK(html.find("default-src 'none'") != html.npos);
    for (const char* part : {"http://", "https://", "src=", "url(", "@import", "<link", "<script",
                             "onclick", "javascript:"})
        CHECK_MESSAGE(html.find(part) == html.npos, part);
}

TEST_CASE("states follow the objects, and a node's attachments its VolumeAttachments and status") {
    reports::StateBars bars;
    std::uint64_t event = 0;
    const auto commit = [&](sim::Duration at, auto object, model::api::ObjectRef previous = {},
                            model::Change change = model::Change::Modified) {
        model::Committed told;
        told.change = change;
        told.object = model::api::freeze(std::move(object));
        told.previous = previous;
        bars.on({sim::Time(at), ++event}, told);
        return told.object;
    };
    model::api::PersistentVolume volume;
    volume.metadata.name = "pv-a";
    model::api::CSIPersistentVolumeSource source;
    source.driver = "disk.example.com";
    source.volumeHandle = "vol-1";
    volume.spec.source.csi = source;
    volume.status.phase = "Available";
    commit(1s, volume);
    volume.status.phase = "Bound";
    commit(2s, volume);
    commit(3s, volume);
    model::api::VolumeAttachment attachment;
    attachment.metadata.name = "csi-1";
    attachment.spec.nodeName = "node-1";
    attachment.spec.source.persistentVolumeName = model::api::Text("pv-a");
    commit(4s, attachment);
    attachment.status.attached = true;
    commit(6s, attachment);
    model::api::Node node;
    node.metadata.name = "node-1";
    const auto before = commit(0s, node);
    model::api::AttachedVolume attached;
    attached.name = "kubernetes.io/csi/disk.example.com^vol-1";
    node.status.volumesAttached.push_back(attached);
    const auto with = commit(7s, node, before);
    commit(9s, attachment, {}, model::Change::Deleted);
    node.status.volumesAttached = {};
    commit(10s, node, with);

    const auto objects = bars.objects();
    REQUIRE(objects.size() == 2);
    CHECK(objects[0].title == "Volumes");
    REQUIRE(objects[0].rows[0].bars.size() == 2);
    CHECK(objects[0].rows[0].bars[0].mood == reports::Mood::Free);
    CHECK(objects[0].rows[0].bars[0].to == sim::Time(2s));
    CHECK_FALSE(objects[0].rows[0].bars[1].to);
    CHECK(objects[1].rows[0].name == "node-1: pv-a");
    const auto nodes = bars.nodes();
    REQUIRE(nodes.size() == 1);
    CHECK(nodes[0].title == "node-1");
    REQUIRE(nodes[0].rows.size() == 2);
    CHECK(nodes[0].rows[0].name == "attachment: pv-a");
    CHECK(nodes[0].rows[0].bars[1].state == "attached");
    CHECK(nodes[0].rows[0].bars[1].to == sim::Time(9s));
    CHECK(nodes[0].rows[1].name == "node status: pv-a");
    CHECK(nodes[0].rows[1].bars[0].from == sim::Time(7s));
    CHECK(nodes[0].rows[1].bars[0].to == sim::Time(10s));
    CHECK(bars.last_change() == sim::Time(10s));
}

TEST_CASE("many objects are bounded in number, and what is left out is said") {
    reports::StateBars bars;
    for (int i = 0; i < 1000; ++i) {
        model::api::PersistentVolumeClaim claim;
        claim.metadata.ns = "default";
        claim.metadata.name = "c" + std::to_string(i);
        model::Committed told;
        told.object = model::api::freeze(std::move(claim));
        bars.on({sim::Time(1s), 1}, told);
    }
    const auto objects = bars.objects();
    CHECK(objects.at(0).rows.size() == reports::StateBars::kRowsMax);
    CHECK(objects[0].left_out == 1000 - reports::StateBars::kRowsMax);
    const std::string html = reports::bars_table(objects[0], reports::TimeScale(sim::Time(2s)));
    CHECK(html.find("750 more are not shown") != html.npos);
}

TEST_CASE("a scale has few steps, and places are parts of the whole") {
    const reports::TimeScale scale(sim::Time(40s));
    CHECK(scale.percent(sim::Time(10s)) == "25.00%");
    CHECK(scale.width(sim::Time(10s), sim::Time(15s)) == "12.50%");
    CHECK(scale.width(sim::Time(30s), sim::Time(90s)) == "25.00%");
    CHECK(scale.grid() == "12.50%");
    CHECK(count(scale.header(), "<span") == 8);
    CHECK(count(reports::TimeScale(sim::Time()).header(), "<span") >= 1);
}

TEST_CASE("a histogram has a column for each length that occurs") {
    const std::string svg = reports::histogram({1ms, 1ms, 1ms, 25ms}, "a <b>");
    CHECK(count(svg, "<rect") == 2);
    CHECK(svg.find("<title>3 from 1.0ms to 2.0ms</title>") != svg.npos);
    CHECK(svg.find("a &lt;b&gt;") != svg.npos);
    CHECK(count(reports::histogram({5ms, 5ms}, "x"), "<rect") == 1);
    CHECK(reports::histogram({5ms}, "x") == "");
}
