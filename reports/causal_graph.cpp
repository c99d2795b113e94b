#include "reports/causal_graph.hpp"

#include <algorithm>
#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/graphviz.hpp>
#include <map>
#include <sstream>

#include "model/api/objects_storage.hpp"
#include "reports/columns.hpp"
#include "reports/csi_words.hpp"
#include "reports/object_words.hpp"

namespace reports {

namespace {

enum class EdgeKind : unsigned char { Cause, Worker, Version };

struct Edge {
    sim::Duration length{};
    EdgeKind kind{};
    std::string waited;
};

using Graph = boost::adjacency_list<boost::vecS, boost::vecS, boost::bidirectionalS,
                                    boost::no_property, Edge>;
using VertexId = Graph::vertex_descriptor;

// What lies between an event and the vertex before it, as the kinds of wait and their lengths.
struct Between {
    EventSeq from = 0;
    std::string waited;
};

std::string waits_text(const std::map<model::Wait, sim::Duration>& waits) {
    std::string text;
    for (const auto& [wait, length] : waits) {
        if (length.count() == 0) continue;
        text +=
            (text.empty() ? "" : ", ") + std::string(model::name_of(wait)) + " " + brief(length);
    }
    return text;
}

template <class IsVertex>
std::optional<Between> vertex_before(EventSeq event, std::optional<EventTrace::Step> step,
                                     const EventTrace& trace, const IsVertex& is_vertex) {
    std::map<model::Wait, sim::Duration> waits;
    while (step && step->parent != 0) {
        waits[step->wait] += trace.time(event) - trace.time(step->parent);
        event = step->parent;
        if (is_vertex(event)) return Between{event, waits_text(waits)};
        step = trace.back(event);
    }
    return {};
}

}  // namespace

struct CausalGraph::Built {
    Graph graph;
    std::vector<VertexId> longest_path(VertexId end) const;
};

CausalGraph::CausalGraph(const model::api::Scheme& scheme) : scheme_(scheme) {}
CausalGraph::~CausalGraph() = default;

void CausalGraph::on(const model::Stamp& stamp, const model::Happening& happening) {
    const auto add = [&](const std::string& text) -> Vertex& {
        Vertex& v = vertex_of(stamp);
        v.label += (v.label.empty() ? "" : "; ") + text;
        return v;
    };
    if (const auto* c = std::get_if<model::Committed>(&happening)) {
        const std::string name = name_of(*c->object, scheme_);
        Vertex& v = add(c->by.str() + ": " + std::string(model::to_string(c->verb)) + " " + name);
        v.objects.push_back(name);
        const auto claim = model::api::as<model::api::PersistentVolumeClaim>(c->object);
        const auto before = model::api::as<model::api::PersistentVolumeClaim>(c->previous);
        v.binds |=
            claim && before && claim->status.phase == "Bound" && !(before->status.phase == "Bound");
    } else if (const auto* r = std::get_if<model::Requested>(&happening)) {
        if (r->status.ok() || r->verb == model::Verb::Get) return;
        add(r->by.str() + ": " + std::string(model::to_string(r->verb)) + " " +
            scheme_.info(r->kind).kind + " " + r->key.to_string() + " refused (" +
            std::to_string(r->status.code) + ")")
            .failed = true;
    } else if (const auto* l = std::get_if<model::Lifecycle>(&happening)) {
        constexpr std::string_view kWords[] = {"starts", "stops", "crashes", "is up"};
        add(l->component.str() + " " + std::string(kWords[static_cast<std::size_t>(l->what)]));
    } else if (const auto* call = std::get_if<model::CsiCall>(&happening)) {
        if (call->moment == model::CsiCall::Moment::Started) {
            add(call->caller.str() + ": " + words_of_request(*call->request));
            return;
        }
        const bool ok = call->outcome && call->outcome->status.ok();
        const std::string end = call->outcome ? std::string(to_string(call->outcome->status.code))
                                              : "lost, the driver died";
        add(call->driver.str() + ": " + std::string(to_string(method_of(*call->request))) + " " +
            end)
            .failed |= !ok;
    } else if (const auto* n = std::get_if<model::Noted>(&happening)) {
        add(n->text.str());
    }
}

CausalGraph::Vertex& CausalGraph::vertex_of(const model::Stamp& stamp) {
    const auto [it, is_new] = by_event_.emplace(stamp.event, vertices_.size());
    if (is_new) vertices_.push_back(Vertex{stamp.event, stamp.at, {}, {}});
    return vertices_[it->second];
}

std::unique_ptr<CausalGraph::Built> CausalGraph::build(const EventTrace& trace) const {
    auto built = std::make_unique<Built>();
    Graph graph(vertices_.size());
    const auto is_vertex = [&](EventSeq e) { return by_event_.contains(e); };
    std::map<std::string, std::size_t> last_version;
    for (std::size_t i = 0; i < vertices_.size(); ++i) {
        const Vertex& v = vertices_[i];
        const auto connect = [&](std::size_t from, EdgeKind kind, const std::string& waited) {
            if (from >= i || boost::edge(from, i, graph).second) return;
            const sim::Duration length = v.at - vertices_[from].at;
            boost::add_edge(from, i, Edge{length, kind, waited}, graph);
        };
        if (const auto b = vertex_before(v.event, trace.back(v.event), trace, is_vertex))
            connect(by_event_.at(b->from), EdgeKind::Cause, b->waited);
        // Along the way back the first piece of queue work also had to wait for its worker.
        EventSeq event = v.event;
        auto step = trace.back(event);
        while (step && !step->through_queue && step->parent != 0 && !is_vertex(step->parent)) {
            event = step->parent;
            step = trace.back(event);
        }
        if (step && step->through_queue)
            if (const auto b = vertex_before(event, trace.scheduler_of(event), trace, is_vertex))
                connect(by_event_.at(b->from), EdgeKind::Worker, b->waited);
        for (const std::string& object : v.objects) {
            if (const auto last = last_version.find(object); last != last_version.end())
                connect(last->second, EdgeKind::Version, "next version");
            last_version[object] = i;
        }
    }
    built->graph = std::move(graph);
    return built;
}

// Among paths of equal length the one whose last edge was added first: the cause proper.
std::vector<VertexId> CausalGraph::Built::longest_path(VertexId end) const {
    const std::size_t n = boost::num_vertices(graph);
    // Edges lead from lower to higher numbers, so the numbers are a topological order.
    std::vector<sim::Duration> longest(n);
    std::vector<VertexId> before(n);
    for (VertexId v = 0; v < n; ++v) {
        before[v] = v;
        for (auto [e, last] = boost::in_edges(v, graph); e != last; ++e) {
            if (graph[*e].kind == EdgeKind::Version) continue;
            const VertexId from = boost::source(*e, graph);
            const sim::Duration length = longest[from] + graph[*e].length;
            if (before[v] == v || length > longest[v]) {
                longest[v] = length;
                before[v] = from;
            }
        }
    }
    std::vector<VertexId> path = {end};
    while (before[path.back()] != path.back()) path.push_back(before[path.back()]);
    std::reverse(path.begin(), path.end());
    return path;
}

std::optional<std::size_t> CausalGraph::end_of(std::string_view object) const {
    for (std::size_t i = vertices_.size(); i-- > 0;) {
        const auto& objects = vertices_[i].objects;
        const bool wanted =
            object.empty() ? vertices_[i].binds
                           : std::find(objects.begin(), objects.end(), object) != objects.end();
        if (wanted) return i;
    }
    return {};
}

std::vector<CausalGraph::PathStep> CausalGraph::critical_path(const EventTrace& trace,
                                                              std::string_view object) const {
    const std::optional<std::size_t> end = end_of(object);
    if (!end) return {};
    const std::unique_ptr<Built> built = build(trace);
    std::vector<PathStep> steps;
    std::optional<VertexId> before;
    for (VertexId v : built->longest_path(*end)) {
        PathStep step{vertices_[v].at, vertices_[v].label, ""};
        if (before) step.waited = built->graph[boost::edge(*before, v, built->graph).first].waited;
        steps.push_back(std::move(step));
        before = v;
    }
    return steps;
}

std::string CausalGraph::dot(const EventTrace& trace, std::string_view object) const {
    const std::unique_ptr<Built> built = build(trace);
    std::vector<VertexId> critical;
    if (const auto end = end_of(object)) critical = built->longest_path(*end);
    // Positions on the critical path, -1 beside it.
    std::vector<long> place(vertices_.size(), -1);
    for (std::size_t i = 0; i < critical.size(); ++i) place[critical[i]] = static_cast<long>(i);

    const auto write_vertex = [&](std::ostream& out, VertexId v) {
        const Vertex& vertex = vertices_[v];
        const std::string text = sim::seconds_text(vertex.at, 3) + "s\n" + vertex.label;
        out << "[label=" << boost::escape_dot_string(text);
        if (vertex.failed) out << ", color=red";
        if (place[v] >= 0) out << ", penwidth=3";
        out << "]";
    };
    const auto write_edge = [&](std::ostream& out, const Graph::edge_descriptor& e) {
        const Edge& edge = built->graph[e];
        out << "[label=" << boost::escape_dot_string(edge.waited);
        if (edge.kind == EdgeKind::Worker) out << ", style=dashed";
        if (edge.kind == EdgeKind::Version) out << ", style=dotted, constraint=false";
        const long from = place[boost::source(e, built->graph)];
        const long to = place[boost::target(e, built->graph)];
        if (from >= 0 && to == from + 1 && edge.kind != EdgeKind::Version) out << ", penwidth=3";
        out << "]";
    };
    const auto write_graph = [](std::ostream& out) {
        out << "rankdir=LR;\nnode [shape=box, fontname=\"sans-serif\"];\n"
            << "edge [fontname=\"sans-serif\"];\n";
    };
    std::ostringstream out;
    boost::write_graphviz(out, built->graph, write_vertex, write_edge, write_graph);
    return out.str();
}

}  // namespace reports
