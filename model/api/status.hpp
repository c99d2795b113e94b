// Outcomes in the simulated world: the API's Status (code, reason, message) and Result, which is a
// value or a Status. A conflict or a refusal is an outcome like any other, never an exception.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "model/api/text.hpp"

namespace model::api {

// metav1.StatusReason, as far as storage meets them.
enum class Reason : unsigned char {
    None,
    BadRequest,          // 400
    Forbidden,           // 403
    NotFound,            // 404
    MethodNotAllowed,    // 405
    AlreadyExists,       // 409
    Conflict,            // 409
    Expired,             // 410
    UnsupportedMedia,    // 415
    Invalid,             // 422
    TooManyRequests,     // 429
    InternalError,       // 500
    ServiceUnavailable,  // 503
    Timeout,             // 504
    ConnectionRefused,   // no answer: the server is down
    ConnectionLost,      // no answer: the way to the server is cut
    Injected,            // an error that a test puts in place of an answer, kept with its own text
};

struct Status {
    int code = 200;  // HTTP; 0 where no answer came
    Reason reason = Reason::None;
    Text message;
    Status() = default;
    Status(int c, Reason r, Text m) : code(c), reason(r), message(std::move(m)) {}
    bool ok() const { return code >= 200 && code < 300; }
    bool is(Reason r) const { return reason == r; }

    static Status invalid(std::string_view kind, std::string_view name, std::string_view details);
    static Status not_found(std::string_view resource, std::string_view name);
    static Status already_exists(std::string_view resource, std::string_view name);
    static Status conflict(std::string_view resource, std::string_view name, std::string_view why);
    static Status forbidden(std::string_view resource, std::string_view name, std::string_view why);
    static Status bad_request(std::string_view message);
};
std::string_view to_string(Reason r);

template <class T>
class [[nodiscard]] Result {
  public:
    Result(T value) : data_(std::move(value)) {}
    Result(Status error) : data_(std::move(error)) {}
    bool ok() const { return data_.index() == 0; }
    explicit operator bool() const { return ok(); }
    const T& value() const { return std::get<0>(data_); }
    T& value() { return std::get<0>(data_); }
    const T& operator*() const { return value(); }
    const T* operator->() const { return &value(); }
    const Status& error() const { return std::get<1>(data_); }

  private:
    std::variant<T, Status> data_;
};

}  // namespace model::api
