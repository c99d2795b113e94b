// An API server on an engine of its own, with constant latencies, and short ways to put objects in:
// for tests of what hangs on it.
#pragma once

#include "model/control/client.hpp"

namespace model {

struct SmallServer {
    explicit SmallServer(std::string_view version = "1.36") {
        api::ServerOptions options;
        options.profile = *Profile::of(version);
        server = std::make_unique<api::Server>(engine, journal, std::move(options));
        using namespace std::chrono_literals;
        latencies.write = sim::Distribution::constant(3ms);
        latencies.read = sim::Distribution::constant(1ms);
        latencies.response = sim::Distribution::constant(1ms);
        latencies.watch = sim::Distribution::constant(2ms);
        api::Value ns;
        ns["apiVersion"] = "v1";
        ns["kind"] = "Namespace";
        ns["metadata"]["name"] = "default";
        (void)server->preload(ns);
    }

    static api::Value claim(std::string_view name, std::string_view size = "1Gi") {
        api::Value v;
        v["apiVersion"] = "v1";
        v["kind"] = "PersistentVolumeClaim";
        v["metadata"]["name"] = name;
        v["metadata"]["namespace"] = "default";
        v["spec"]["accessModes"].push_back("ReadWriteOnce");
        v["spec"]["resources"]["requests"]["storage"] = size;
        v["spec"]["storageClassName"] = "";
        return v;
    }
    static api::Value volume(std::string_view name, std::string_view size = "1Gi") {
        api::Value v;
        v["apiVersion"] = "v1";
        v["kind"] = "PersistentVolume";
        v["metadata"]["name"] = name;
        v["spec"]["accessModes"].push_back("ReadWriteOnce");
        v["spec"]["capacity"]["storage"] = size;
        v["spec"]["hostPath"]["path"] = "/tmp/" + std::string(name);
        return v;
    }

    api::Response create(const api::Value& manifest) {
        api::Request r;
        r.verb = Verb::Create;
        r.kind = server->scheme().resolve(manifest.find("apiVersion")->as_string(),
                                          manifest.find("kind")->as_string());
        r.manifest = manifest;
        r.key.ns = server->scheme().info(r.kind).namespaced ? "default" : "";
        return server->handle(r, "test");
    }
    api::Response update(const api::Object& object, api::Subresource sub = api::Subresource::None) {
        api::Request r;
        r.verb = Verb::Update;
        r.kind = object.kind;
        r.key = object.key();
        r.subresource = sub;
        r.body = api::freeze(api::copy_of(object));
        return server->handle(r, "test");
    }
    api::Response patch(api::Kind kind, const api::Key& key, const api::Value& body) {
        api::Request r;
        r.verb = Verb::Patch;
        r.kind = kind;
        r.key = key;
        r.patch = body;
        return server->handle(r, "test");
    }
    api::Response remove(api::Kind kind, const api::Key& key, api::DeleteOptions options = {}) {
        api::Request r;
        r.verb = Verb::Delete;
        r.kind = kind;
        r.key = key;
        r.options = std::move(options);
        return server->handle(r, "test");
    }

    sim::Engine engine;
    Journal journal;
    control::Latencies latencies;
    std::unique_ptr<api::Server> server;
};

}  // namespace model
