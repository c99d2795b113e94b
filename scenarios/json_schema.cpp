// The JSON Schema of the scenario file, made from the same shapes that the loader checks by.
#include <nlohmann/json.hpp>

#include "scenarios/language.hpp"
#include "scenarios/scenario.hpp"

namespace scenarios {
namespace {

using Json = nlohmann::ordered_json;

// A number and a unit, once or more often; or 0.
constexpr const char* kDurationPattern =
    "^\\+?(0|([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(h|m|s|ms|us|\\u00b5s|ns)"
    "(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(h|m|s|ms|us|\\u00b5s|ns))*)$";

class Printer {
  public:
    Json schema(const Shape& shape) {
        if (shape.definition.empty()) return body(shape);
        if (!definitions_.contains(shape.definition)) {
            definitions_[shape.definition] = Json::object();  // its place, in case it holds itself
            definitions_[shape.definition] = body(shape);
        }
        return Json{{"$ref", "#/$defs/" + shape.definition}};
    }

    const Json& definitions() const { return definitions_; }

  private:
    Json body(const Shape& shape) {
        switch (shape.kind) {
            case Shape::Kind::Any:
                return Json::object();
            case Shape::Kind::Bool:
                return Json{{"type", "boolean"}};
            case Shape::Kind::Int:
                return Json{{"type", "integer"}, {"minimum", shape.least}, {"maximum", shape.most}};
            case Shape::Kind::Number:
                return Json{{"type", "number"}, {"minimum", shape.least}, {"maximum", shape.most}};
            case Shape::Kind::Text:
                return shape.loose ? Json{{"type", {"string", "number"}}}
                                   : Json{{"type", "string"}};
            case Shape::Kind::Duration:
                return Json{
                    {"type", {"string", "integer"}}, {"pattern", kDurationPattern}, {"maximum", 0}};
            case Shape::Kind::Time:
                return Json{{"type", "string"}, {"format", "date-time"}};
            case Shape::Kind::Word:
                return Json{{"type", "string"}, {"enum", shape.words}};
            case Shape::Kind::List:
                return Json{{"type", "array"}, {"items", schema(*shape.element)}};
            case Shape::Kind::Map:
                return map(shape);
            case Shape::Kind::Record:
                return record(shape);
            case Shape::Kind::OneOf:
                return one_of(shape);
        }
        return Json::object();
    }

    Json map(const Shape& shape) {
        Json out{{"type", "object"}, {"additionalProperties", schema(*shape.element)}};
        if (!shape.words.empty()) out["propertyNames"] = Json{{"enum", shape.words}};
        return out;
    }

    Json record(const Shape& shape) {
        Json out{{"type", "object"}, {"properties", Json::object()}};
        Json required = Json::array();
        for (const Field& field : shape.fields) {
            Json property = schema(*field.shape);
            property["description"] = field.help;
            if (!is_built(field.part)) property["$comment"] = not_built(field.part);
            out["properties"][field.name] = std::move(property);
            if (field.required) required.push_back(field.name);
        }
        if (!required.empty()) out["required"] = std::move(required);
        if (!shape.open) out["additionalProperties"] = false;
        return out;
    }

    Json one_of(const Shape& shape) {
        Json choices = Json::array();
        for (const ShapeRef& choice : shape.choices) choices.push_back(schema(*choice));
        return Json{{"anyOf", std::move(choices)}};
    }

    Json definitions_ = Json::object();
};

}  // namespace

std::string json_schema() {
    Printer printer;
    Json scenario = printer.schema(*language::scenario());
    Json out{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
             {"$id", "https://stowage.dev/schema/v1alpha1.json"},
             {"title", "Stowage scenario"}};
    out.update(scenario);
    out["$defs"] = printer.definitions();
    return out.dump(2) + "\n";
}

}  // namespace scenarios
