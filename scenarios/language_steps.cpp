// What steps and expectations may hold.
#include "scenarios/language.hpp"

namespace scenarios::language {
namespace {

// A condition is a pattern or {gone: pattern}; which of them is seen by the key, so the shape is
// open.
ShapeRef condition() {
    static const ShapeRef shape = [] {
        auto both = std::make_shared<Shape>(*pattern());
        both->definition = "condition";
        both->expected = "a partial object such as {kind: Pod, name: web-0}, or {gone: {...}}";
        for (Field& f : both->fields) f.required = false;
        both->fields.push_back({"gone", pattern(), "No object matches this, instead."});
        return ShapeRef(both);
    }();
    return shape;
}

ShapeRef event() {
    ShapeRef some =
        record("about", "an object such as {kind: Pod, name: web-0}",
               {{"kind", text("a kind such as Pod"), "Kind of the object; any if not given."},
                {"name", text("a name"), "Its name; any if not given."},
                {"namespace", text("a namespace"), "Its namespace; any if not given."}});
    ShapeRef about =
        one_of("an object such as PersistentVolumeClaim/data or {kind: Pod, name: web-0}",
               {text("an object such as PersistentVolumeClaim/data"), some});
    ShapeRef fields =
        record("event", "an event such as {reason: FailedBinding}",
               {{"reason", text("a reason"), "Its reason, exactly."},
                {"type", word({"Normal", "Warning"}), "Its type."},
                {"message", text(), "Its message, exactly, or its beginning with * behind it."},
                {"about", about, "The object it is about."},
                {"from", text("a component"),
                 "The component that wrote it, such as persistentvolume-controller."}});
    return one_of("an event such as {reason: FailedBinding}, or its reason",
                  {text("a reason"), fields});
}

ShapeRef request() {
    ShapeRef fields = record(
        "request", "a request such as {verb: update, kind: PersistentVolume}",
        {{"verb", word({"get", "list", "create", "update", "patch", "delete", "deletecollection"}),
          "What was asked."},
         {"kind", text("a kind such as PersistentVolume"), "Of what kind."},
         {"resource", text("a resource such as persistentvolumes"),
          "The same, as request logs name it."},
         {"name", text("a name"), "Of which object."},
         {"namespace", text("a namespace"), "In which namespace; any if not given."},
         {"subresource", word({"status", "finalize", "binding", "eviction"}), "On which part."},
         {"by", text("a client"),
          "The client's name, such as persistent-volume-binder, or client for steps."},
         {"code", integer(0, 599), "The answer's HTTP code."}});
    return fields;
}

ShapeRef rpc() {
    std::vector<std::string> outcomes = grpc_codes();
    outcomes.insert(outcomes.begin(), "OK");
    ShapeRef fields =
        record("rpc", "a CSI call such as {method: CreateVolume}",
               {{"method", word(rpc_names()), "Which call."},
                {"driver", text("a driver's name"), "To which driver; any if not given."},
                {"code", word(outcomes), "With which outcome; any if not given."}});
    return one_of("a CSI call such as CreateVolume", {word(rpc_names()), fields});
}

ShapeRef rule() { return text("a rule such as \"a pod's node has room for its volumes\""); }

std::vector<Field> number_of() {
    return {{"noMoreThan", integer(0), "So many objects match, or fewer."},
            {"atLeast", integer(0), "So many objects match, or more."},
            {"exactly", integer(0), "So many objects match."},
            {"of", pattern(), "Which objects are counted; `object` says the same."}};
}

std::vector<Field> state_fields() {
    std::vector<Field> fields = {{"object", pattern(), "An object matches this."},
                                 {"gone", pattern(), "No object matches this."}};
    for (Field& f : number_of()) fields.push_back(std::move(f));
    return fields;
}

ShapeRef always() {
    return record("always", "a state such as {noMoreThan: 1, of: {kind: Pod}}", state_fields());
}

ShapeRef never() {
    return record("never", "what must not happen such as {event: {reason: FailedBinding}}",
                  {{"object", pattern(), "An object matches this."},
                   {"gone", pattern(), "No object matches this."},
                   {"event", event(), "Such an event is written."},
                   {"request", request(), "Such a request is answered."},
                   {"rpc", rpc(), "Such a CSI call is made."},
                   {"violated", rule(), "This rule is broken; for hazards, which end no run."}});
}

ShapeRef backend() {
    return record(
        "backend", "volumes of a driver's storage such as {state: leaked}",
        {{"driver", text("a driver's name"), "Whose; the only one if not given."},
         required({"state", word({"present", "leaked", "dangling", "kept", "erased", "split"}),
                   "present: in the storage; leaked: there, but no volume object names "
                   "it; dangling: a volume object names what is not there; kept: let go "
                   "of by the driver with its bytes left; erased: its bytes went with "
                   "another volume's; split: for one node, but mounted on two."})});
}

ShapeRef count() {
    return record(
        "count", "a count such as {event: FailedBinding, atMost: 3}",
        {{"event", event(), "Events written, those counted up included."},
         {"request", request(), "Requests answered."},
         {"object", pattern(), "Objects that match at the end."},
         {"backend", backend(), "Volumes of a driver's storage at the end."},
         {"rpc", rpc(), "CSI calls made."},
         {"violated", rule(), "A rule that is broken, in its words; the run goes on then."},
         {"atMost", integer(0), "No more than this."},
         {"atLeast", integer(0), "No fewer than this."},
         {"exactly", integer(0), "Just as many."}});
}

ShapeRef latency() {
    std::vector<std::string> names;
    std::string help = "Which one.";
    for (const Latency& l : latencies()) {
        names.emplace_back(l.name);
        help += " " + std::string(l.name) + ": from " + std::string(l.from) + " to " +
                std::string(l.to) + ".";
    }
    return record("latency", "a bound such as {of: claim-bound, p99: 30s}",
                  {required({"of", word(std::move(names)), std::move(help)}),
                   {"p50", duration(), "Half took no longer."},
                   {"p90", duration(), "Nine in ten took no longer."},
                   {"p99", duration(), "99 in 100 took no longer."},
                   {"max", duration(), "All took no longer."}});
}

ShapeRef expectation() {
    static const ShapeRef shape = [] {
        std::vector<Field> fields = {
            {"within", duration(),
             "The state or event beside it must come at some instant of (s, s + this]."},
            {"event", event(), "With within: such an event is written."},
            {"violated", rule(),
             "With within: this rule is broken, in its words; the run goes on then."},
            {"always", always(), "Holds from the start to the end of the run."},
            {"never", never(), "Does not happen to the end of the run."},
            {"count", count(), "Judged at the end."},
            {"latency", latency(), "Judged at the end."}};
        for (Field& f : state_fields()) {
            f.help = "With within: " + f.help;
            fields.push_back(std::move(f));
        }
        return record("expectation", "an expectation such as {within: 10s, object: {...}}",
                      std::move(fields));
    }();
    return shape;
}

ShapeRef target() {
    return record("target", "what it is done to, such as {component: kube-controller-manager}",
                  {{"component", text("a component"),
                    "kube-apiserver, kube-controller-manager, kube-scheduler, kubelet/NODE, "
                    "external-provisioner, "
                    "external-attacher, external-resizer, external-snapshotter, csi-driver, or "
                    "csi-node/NODE: the driver's part on a node."},
                   {"driver", text("a driver's name"),
                    "Of a sidecar or csi-driver: whose; the only one if not given."},
                   {"node", text("a node's name"), "A whole node."},
                   {"heartbeats", text("a node's name"), "The heartbeats of a node alone."}});
}

ShapeRef crash_target() {
    auto shape = std::make_shared<Shape>(*target());
    shape->definition = "crashTarget";
    shape->fields.push_back(
        {"inFlight", word({"deliver", "drop"}),
         "What was sent completes (deliver, the default), or is lost on its way."});
    return shape;
}

ShapeRef partition_target() {
    auto shape = std::make_shared<Shape>(*target());
    shape->definition = "partitionTarget";
    shape->fields.push_back({"for", duration(), "It heals by itself after this; else by heal."});
    return shape;
}

ShapeRef lag() {
    return record(
        "lag", "a lag such as {component: kube-controller-manager, kind: Pod, by: 5s}",
        {required({"component", text("a component"),
                   "kube-controller-manager, kube-scheduler, external-provisioner or "
                   "external-attacher."}),
         {"driver", text("a driver's name"), "Of a sidecar: whose; the only one if not given."},
         required({"kind", text("a kind such as PersistentVolumeClaim"),
                   "Of which objects it hears late."}),
         required({"by", duration(), "How much later than else; 0s: no more."})});
}

ShapeRef node_target() {
    return record("nodeTarget", "a node such as {node: node-1}",
                  {required({"node", text("a node's name"), "Which node."})});
}

ShapeRef patch() {
    return record(
        "patch", "a patch such as {kind: Pod, name: web-0, body: {...}}",
        {required({"kind", text("a kind such as PersistentVolumeClaim"), "Kind of the object."}),
         required({"name", text("a name"), "Its name."}),
         {"namespace", text("a namespace"), "Its namespace, default if not given."},
         {"apiVersion", text(), "Needed only where two groups have a kind of that name."},
         {"subresource", word({"status"}), "The part that is written."},
         {"type", word({"merge", "json", "strategic"}),
          "strategic by default, merge for custom resources."},
         required(
             {"body", any("a patch"), "The patch: a map, or a list of operations for json."})});
}

ShapeRef deletion() {
    return record(
        "delete", "what to delete such as {kind: Pod, name: web-0}",
        {required({"kind", text("a kind such as PersistentVolumeClaim"), "Kind of the object."}),
         {"name", text("a name"), "Its name."},
         {"matching", any("a partial object"),
          "In place of a name: all objects that match this at that time, such as {spec: {nodeName: "
          "node-1}}."},
         {"namespace", text("a namespace"), "Its namespace, default if not given."},
         {"apiVersion", text(), "Needed only where two groups have a kind of that name."},
         {"gracePeriodSeconds", integer(0), "Of a pod: how long it may take to end."},
         {"propagationPolicy", word({"Background", "Foreground", "Orphan"}),
          "What happens to dependents."},
         {"uid", text("a uid"), "Delete only the object with this uid."},
         {"resourceVersion", text("a version"), "Delete only this version."}});
}

ShapeRef taint() {
    return record("taint", "a taint such as {node: node-1, key: maintenance, effect: NoSchedule}",
                  {required({"node", text("a node's name"), "Which node."}),
                   required({"key", text("a key"), "The taint's key."}),
                   {"value", text(), "Its value."},
                   required({"effect", word({"NoSchedule", "PreferNoSchedule", "NoExecute"}),
                             "What it does."}),
                   {"remove", boolean(), "Take it away instead."}});
}

ShapeRef repetition() {
    return record("repeat", "a repetition such as {times: 30, every: 70ms}",
                  {required({"times", integer(1, 1'000'000), "How many there are in all."}),
                   required({"every", duration(), "From one to the next; needs `at`."})});
}

ShapeRef faults() {
    ShapeRef fault =
        record("fault", "a fault such as {times: 2, code: Internal}",
               {{"times", integer(0), "How many calls it meets; 1 by default."},
                {"nth", integer(1), "It begins with the nth call; 1, the next, by default."},
                {"code", word(grpc_codes()), "The gRPC code of the answer."},
                {"msg", text(), "Its message."},
                {"delay_ms", integer(0), "Milliseconds before the answer."},
                {"delay", duration(), "Time before the answer."},
                {"after", boolean(), "The backend does the work, then the call fails."},
                {"hang", boolean(), "No answer ever comes."},
                {"probability", number(0, 1), "Of meeting a call."}});
    ShapeRef some = list(fault, "a list of faults");
    std::vector<Field> fields = {
        {"driver", text("a driver's name"), "Which driver; the only one if not given."}};
    for (const std::string& name : rpc_names())
        fields.push_back({name, some, "Faults of this call, in order."});
    return record("faults", "faults such as {CreateVolume: [{times: 2, code: Internal}]}",
                  std::move(fields));
}

}  // namespace

ShapeRef steps() {
    const ShapeRef when = one_of(
        "a condition such as {kind: Pod, name: web-0, status: {phase: Running}}, or a list of them",
        {condition(), list(condition(), "a list of conditions")});
    const ShapeRef several =
        one_of("a manifest, a list of manifests, {file: ...} or several documents as text",
               {manifest(), list(manifest(), "a list of manifests"), text("manifests as text")});
    const ShapeRef rejected =
        record("rejected", "a refusal such as {code: 422, message: \"...\"}",
               {required({"code", integer(0, 599), "The answer's HTTP code; 0: none came."}),
                {"message", text("a message"), "The answer's message."}});
    return record(
        "step", "a step such as {at: 0s, create: {...}}",
        {{"at", duration(), "Virtual time since the beginning."},
         {"after", duration(), "Time since the previous step was sent."},
         {"when", when, "Wait for this state first; with `at`, the later of the two."},
         {"timeout", duration(), "How long `when` may take; 5m by default."},
         {"repeat", repetition(),
          "Do this step many times, each a little later; ${i} in its texts counts from 1."},
         {"create", manifest(), "Create this object."},
         {"apply", several, "Create these objects, or change those that exist to what is given."},
         {"replace", manifest(),
          "Update this object with the resourceVersion given, or the current one."},
         {"patch", patch(), "Patch an object."},
         {"delete", deletion(), "Delete an object."},
         {"crash", crash_target(), "Kill it at once."},
         {"stop", target(), "Stop it."},
         {"start", target(), "Start it again."},
         {"restart", target(), "Stop and start it."},
         needs(Part::Partition,
               {"partition", partition_target(), "Cut it off from the API server."}),
         {"heal", target(), "It reaches the API server again."},
         needs(Part::Eviction, {"drain", node_target(), "Cordon the node and evict its pods."}),
         {"cordon", node_target(), "Make the node unschedulable."},
         {"uncordon", node_target(), "Make it schedulable again."},
         {"taint", taint(), "Put a taint on a node, or take it away."},
         {"faults", faults(), "What goes wrong in the next CSI calls."},
         {"lag", lag(), "A component's watch falls behind."},
         {"note", text(), "Free text that appears on the time line."},
         {"rejected", rejected, "The API server must refuse the request."},
         {"mayBeRejected", list(integer(0, 599), "a list of HTTP codes such as [404, 409]"),
          "The API server may refuse the request with one of these codes; 0: none came."},
         {"expect", expectation(), "What must be true, counted from this step."}});
}

ShapeRef comparisons() {
    std::vector<std::string> names;
    for (const Latency& l : latencies()) names.emplace_back(l.name);
    const ShapeRef share =
        record("share", "a share such as {of: claim-bound, upTo: 500ms}",
               {required({"of", word(names), "Of which latency, of all that began."}),
                {"over", duration(), "Those that took longer than this ..."},
                {"upTo", duration(), "... and no longer than this."}});
    const ShapeRef reached = record(
        "reached", "a point such as {of: claim-bound, percent: 50}",
        {required({"of", word(names), "Of which latency."}),
         required({"percent", integer(1, 100), "So many in a hundred have come to its end."}),
         {"since", duration(), "Counted from this virtual time; 0s by default."}});
    const ShapeRef took =
        record("took", "a percentile such as {of: claim-bound, percent: 95}",
               {required({"of", word(names), "Of which latency."}),
                required({"percent", integer(1, 100), "So many in a hundred took no longer."})});
    const ShapeRef came =
        record("came", "an instant such as {event: FailedAttachVolume, nth: 2}",
               {{"object", pattern(), "An object comes to match this."},
                {"event", event(), "Such an event is written."},
                {"rpc", rpc(), "Such a CSI call is made."},
                {"nth", integer(1), "The nth of them; 1 by default."},
                {"since", duration(), "Counted from this virtual time; 0s by default."}});
    const ShapeRef counted = record(
        "recordedCount", "a count such as {count: 29, of: 30}",
        {required({"count", integer(0), "So many."}), required({"of", integer(1), "Of so many."})});
    const ShapeRef comparison = record(
        "comparison", "a comparison such as {what: bound at once, share: {...}, recorded: {...}}",
        {required({"what", text("a title"), "What is compared."}),
         {"share", share, "How many of all; `recorded` is a count."},
         {"reached", reached, "The virtual time at which so many were done; `recorded` is a time."},
         {"took", took, "How long so many took at most; `recorded` is a time."},
         {"came", came, "When something came; `recorded` is a time."},
         required(
             {"recorded",
              one_of("a count such as {count: 29, of: 30}, or a duration", {counted, duration()}),
              "What was measured on a real cluster."}),
         {"source", text(), "Where that was measured."},
         {"pAtLeast", number(0, 1), "Share: Fisher's exact test must give no less than this."},
         {"fromPercent", integer(0, 100), "Share: the simulated share is no less ..."},
         {"toPercent", integer(0, 100), "... and no more than this."},
         {"withinPercent", integer(0, 100),
          "Reached, took, came: it differs by no more than this."}});
    return list(comparison, "a list of comparisons");
}

ShapeRef expectations() { return list(expectation(), "a list of expectations"); }

const std::vector<Latency>& latencies() {
    static const std::vector<Latency> all = {
        {"claim-bound", Part::Core, "the claim's creation", "its phase becoming Bound"},
        {"claim-provisioned", Part::CsiDrivers, "the creation of a claim",
         "the creation of a volume made for it"},
        {"pod-scheduled", Part::Scheduler, "the pod's creation", "its nodeName being set"},
        {"volume-attached", Part::Attacher, "the VolumeAttachment's creation",
         "its attached becoming true"},
        {"volume-mounted", Part::Kubelet, "the pod's nodeName being set",
         "its status saying that containers can start, or do"},
        {"pod-running", Part::Kubelet, "the pod's creation", "its phase becoming Running"},
        {"claim-deleted", Part::Core, "the claim's deletion being asked for",
         "the claim being gone"},
        {"volume-reclaimed", Part::Core, "the volume's phase becoming Released",
         "the volume being gone, or Available again"},
    };
    return all;
}

}  // namespace scenarios::language
