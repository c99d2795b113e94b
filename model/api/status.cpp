#include "model/api/status.hpp"

namespace model::api {

namespace {

// Go's %q, for names: quotes and backslashes escaped.
std::string in_quotes(std::string_view name) {
    std::string out = "\"";
    for (char c : name) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
    return out;
}

Status named(int code, Reason reason, std::string_view what, std::string_view name,
             std::string_view rest) {
    std::string message(what);
    message += ' ';
    message += in_quotes(name);
    message += ' ';
    message += rest;
    return Status(code, reason, message);
}

}  // namespace

Status Status::invalid(std::string_view kind, std::string_view name, std::string_view details) {
    return named(422, Reason::Invalid, kind, name, "is invalid: " + std::string(details));
}

Status Status::not_found(std::string_view resource, std::string_view name) {
    return named(404, Reason::NotFound, resource, name, "not found");
}

Status Status::already_exists(std::string_view resource, std::string_view name) {
    return named(409, Reason::AlreadyExists, resource, name, "already exists");
}

Status Status::conflict(std::string_view resource, std::string_view name, std::string_view why) {
    std::string message = "Operation cannot be fulfilled on ";
    message += resource;
    message += ' ';
    message += in_quotes(name);
    message += ": ";
    message += why;
    return Status(409, Reason::Conflict, message);
}

Status Status::forbidden(std::string_view resource, std::string_view name, std::string_view why) {
    if (!resource.empty() && !name.empty()) {
        return named(403, Reason::Forbidden, resource, name, "is forbidden: " + std::string(why));
    }
    const std::string about =
        resource.empty() ? "forbidden: " : std::string(resource) + " is forbidden: ";
    return Status(403, Reason::Forbidden, about + std::string(why));
}

Status Status::bad_request(std::string_view message) {
    return Status(400, Reason::BadRequest, message);
}

std::string_view to_string(Reason r) {
    switch (r) {
        case Reason::None:
            return "";
        case Reason::BadRequest:
            return "BadRequest";
        case Reason::Forbidden:
            return "Forbidden";
        case Reason::NotFound:
            return "NotFound";
        case Reason::MethodNotAllowed:
            return "MethodNotAllowed";
        case Reason::AlreadyExists:
            return "AlreadyExists";
        case Reason::Conflict:
            return "Conflict";
        case Reason::Expired:
            return "Expired";
        case Reason::UnsupportedMedia:
            return "UnsupportedMediaType";
        case Reason::Invalid:
            return "Invalid";
        case Reason::TooManyRequests:
            return "TooManyRequests";
        case Reason::InternalError:
            return "InternalError";
        case Reason::ServiceUnavailable:
            return "ServiceUnavailable";
        case Reason::Timeout:
            return "Timeout";
        case Reason::ConnectionRefused:
            return "ConnectionRefused";
        case Reason::Injected:
            return "Injected";
    }
    return "";
}

}  // namespace model::api
