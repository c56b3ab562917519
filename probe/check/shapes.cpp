#include "probe/check/shapes.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/base/strict.h"
#include "harness/base/text.h"
#include "harness/base/yaml.h"

namespace assay::probe {
namespace {

using nlohmann::json;

constexpr std::string_view kTypes[] = {"text",    "string", "integer", "number",
                                       "boolean", "object", "array",   "null"};

bool is_type(const json& value, const std::string& type) {
  if (type.starts_with('='))
    return value.is_string() && value.get_ref<const std::string&>() == type.substr(1);
  if (type == "text") return value.is_string() && !value.get_ref<const std::string&>().empty();
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  return value.is_null();
}

std::string expected(const ShapeField& field) {
  std::string out;
  for (const std::string& type : field.types)
    out += (out.empty() ? "" : " or ") + (type.starts_with('=') ? "\"" + type.substr(1) + "\"" : type);
  return out;
}

std::string found(const json& value) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (text.empty()) return "an empty string";
    constexpr std::size_t longest = 40;
    if (text.size() <= longest) return "\"" + text + "\"";
  }
  if (value.is_primitive() && !value.is_string()) return value.dump();
  return std::string(kind_of(value));
}

// Goes down `rest` from `value`; `at` is where that is, with the numbers of elements.
void look(const ShapeField& field, const std::vector<std::string_view>& rest, std::size_t depth,
          const json& value, const std::string& at, std::vector<std::string>& problems) {
  if (depth == rest.size()) {
    if (std::none_of(field.types.begin(), field.types.end(),
                     [&](const std::string& type) { return is_type(value, type); }))
      problems.push_back(fmt::format("{} is {}, not {}", at, found(value), expected(field)));
    return;
  }
  const std::string_view token = rest[depth];
  if (token == "*") {
    if (!value.is_array()) return;  // said by the field of the array itself
    for (std::size_t i = 0; i < value.size(); ++i)
      look(field, rest, depth + 1, value[i], fmt::format("{}/{}", at, i), problems);
    return;
  }
  if (!value.is_object()) return;
  const auto member = value.find(token);
  const std::string there = fmt::format("{}/{}", at, token);
  if (member != value.end()) return look(field, rest, depth + 1, *member, there, problems);
  // Of a path whose beginning is missing the field of the beginning speaks.
  if (field.required && depth + 1 == rest.size()) problems.push_back(there + " is missing");
}

bool known_type(const std::string& type) {
  return type.starts_with('=') || std::find(std::begin(kTypes), std::end(kTypes), type) != std::end(kTypes);
}

}  // namespace

std::vector<std::string> shape_problems(const Shape& shape, const json& value) {
  std::vector<std::string> problems;
  if (!value.is_object()) return {fmt::format("it is {}, not an object", found(value))};
  for (const ShapeField& field : shape) {
    std::vector<std::string_view> tokens = split(std::string_view(field.pointer).substr(1), '/');
    look(field, tokens, 0, value, "", problems);
  }
  return problems;
}

Result<Shapes> Shapes::parse(std::string_view yaml, const std::string& file) {
  auto document = load_yaml(yaml, file);
  if (!document) return tl::unexpected(document.error());
  std::vector<Error> problems;
  ObjectReader in(*document, problems);
  Shapes out;
  for (const std::string& protocol : in.keys()) {
    if (!stream::protocol_from_name(protocol)) in.problem(protocol, "not a protocol: \"" + protocol + "\"");
    ObjectReader shapes = in.object(protocol);
    for (const std::string& name : shapes.keys()) {
      ObjectReader fields = shapes.object(name);
      Shape shape;
      for (const std::string& key : fields.keys()) {
        ShapeField field;
        field.required = !key.ends_with('?');
        field.pointer = field.required ? key : key.substr(0, key.size() - 1);
        if (!key.starts_with('/')) fields.problem(key, "expected a JSON pointer, found \"" + key + "\"");
        const auto words = fields.required<std::string>(key);
        for (const std::string_view type : split(words, '|')) field.types.emplace_back(type);
        if (!std::all_of(field.types.begin(), field.types.end(), known_type))
          fields.problem(key, fmt::format("expected types ({}) or =literal, found \"{}\"",
                                          fmt::join(kTypes, ", "), words));
        if (key.starts_with('/')) shape.push_back(std::move(field));
      }
      out.shapes_[protocol + " " + name] = std::move(shape);
    }
  }
  if (auto ok = first_problem(problems); !ok) return tl::unexpected(ok.error());
  return out;
}

Result<Shapes> Shapes::load(const std::string& data_folder) {
  const std::string path = data_folder + "/probe/shapes.yaml";
  const auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  return parse(*text, path);
}

const Shape* Shapes::find(stream::Protocol protocol, std::string_view name) const {
  const auto at = shapes_.find(fmt::format("{} {}", protocol_name(protocol), name));
  return at == shapes_.end() ? nullptr : &at->second;
}

}  // namespace assay::probe
