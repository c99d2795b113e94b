// Plugin: what all driver models share: one function for each call, the identity service, names of
// volumes. A call that a driver does not override is answered as a gRPC server answers a method
// that nobody wrote.
#pragma once

#include <string>
#include <string_view>

#include "model/csi/driver.hpp"

namespace model::csi {

// The answer to a call that the driver does not have.
Outcome not_implemented(Method method);

template <class R>
class Answer {
  public:
    virtual Outcome on(const R&, const CallContext&) { return not_implemented(R::kMethod); }

  protected:
    ~Answer() = default;
};

template <class Requests>
class AnswersTo;
template <class... R>
class AnswersTo<std::variant<R...>> : public Answer<R>... {
  public:
    using Answer<R>::on...;

  protected:
    ~AnswersTo() = default;
};

class Plugin : public Driver, protected AnswersTo<RequestVariant> {
  public:
    explicit Plugin(DriverSettings settings);
    Outcome handle(const Request& request, const CallContext& context) override;
    const DriverSettings& settings() const override { return settings_; }
    Backend& backend() override { return backend_; }
    void know_node(const Text& node, Topology segment) override;
    Text lock_key(const Request& request) const override;
    RpcStatus busy(const Text& key) const override;

  protected:
    using Calls = AnswersTo<RequestVariant>;
    using Calls::on;
    Outcome on(const GetPluginInfoRequest&, const CallContext&) override;
    Outcome on(const GetPluginCapabilitiesRequest&, const CallContext&) override;
    Outcome on(const ProbeRequest&, const CallContext&) override;
    Outcome on(const ControllerGetCapabilitiesRequest&, const CallContext&) override;
    Outcome on(const NodeGetCapabilitiesRequest&, const CallContext&) override;
    Outcome on(const NodeGetInfoRequest&, const CallContext&) override;
    Outcome on(const GroupControllerGetCapabilitiesRequest&, const CallContext&) override;

    const DriverProfile& profile() const { return settings_.profile; }
    bool has(ControllerCapability c) const { return profile().controller.has(c); }
    bool has(NodeCapability c) const { return profile().node.has(c); }
    // The id of the next volume or snapshot of that name.
    Text new_id(std::string_view prefix, const Text& name);

    DriverSettings settings_;
    Backend backend_;

  private:
    std::uint64_t made_ = 0;
};

// The first of these texts whose field is empty, as INVALID_ARGUMENT; OK where none is.
struct Needed {
    bool given;
    std::string_view otherwise;
};
RpcStatus first_missing(std::initializer_list<Needed> fields);

}  // namespace model::csi
