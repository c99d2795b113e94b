// RpcLog: the CSI calls of a run as a driver would log them, a line at the start of each and a line
// at its end, one JSON object a line.
//
//     {"driver":"lab.csi.example.com","ev":"start","id":3,"method":"CreateVolume","req":{...},
//      "t":0.548}
//     {"ctx_err":"<nil>","dur_ms":0.161,"ev":"end","id":3,"method":"CreateVolume","resp":{...},
//      "t":0.548}
//
// Instead of "resp" there is "err", "rpc error: code = Internal desc = no space", for a call that
// failed. "ctx_err" is "context canceled" where nobody waited for the end. "node" follows "method"
// for calls of the node part. `id` counts the calls of the run. A driver that dies logs no ends.
#pragma once

#include <map>
#include <string>
#include <tuple>

#include "model/journal.hpp"
#include "reports/output_file.hpp"

namespace reports {

class RpcLog : public model::Listener {
  public:
    explicit RpcLog(const std::string& path) : file_(path) {}
    void on(const model::Stamp& stamp, const model::Happening& happening) override;
    // Throws OutputError where a line was lost.
    void close() { file_.close(); }

  private:
    using CallId = std::tuple<std::string, std::string, std::uint64_t>;  // driver, node, its number
    void start(const model::Stamp& stamp, const model::CsiCall& call, std::uint64_t id);
    void end(const model::Stamp& stamp, const model::CsiCall& call, std::uint64_t id);

    OutputFile file_;
    std::map<CallId, std::uint64_t> running_;
    std::uint64_t last_ = 0;
};

}  // namespace reports
