// RequestLog: the writes that reached the API server, one JSON object a line, in the order in which
// it answered them, refusals and conflicts included.
//
//     {"t":0.004,"by":"persistent-volume-binder","verb":"update","what":"persistentvolumes/status",
//      "name":"pv-a","code":200}
//
// `t` is the instant of the answer in seconds of virtual time; `what` is the resource, with its
// subresource. A code of 0 means that no server was there to answer. Reads are left out unless
// asked for, bodies always.
#pragma once

#include <string>

#include "model/api/scheme.hpp"
#include "model/journal.hpp"
#include "reports/output_file.hpp"

namespace reports {

enum class Reads : bool { LeftOut, Included };

class RequestLog : public model::Listener {
  public:
    RequestLog(const std::string& path, const model::api::Scheme& scheme,
               Reads reads = Reads::LeftOut);
    void on(const model::Stamp& stamp, const model::Happening& happening) override;
    // Throws OutputError where a line was lost.
    void close() { file_.close(); }

  private:
    OutputFile file_;
    const model::api::Scheme& scheme_;
    Reads reads_;
};

bool is_read(model::Verb verb);

}  // namespace reports
