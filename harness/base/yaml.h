// YAML as data files use it: a YAML document becomes the same value and line table as JSON, so that one
// strict reader (strict.h) serves both. Types follow the YAML 1.2 core schema: `yes`, `no`, `on`, `off` and
// dates are strings. No merge keys.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "harness/base/strict.h"

namespace assay {

// One YAML document. Refuses duplicate keys, keys that are not scalars, foreign tags, bytes that are not
// UTF-8, more than one document, nesting deeper than max_depth, and aliases that expand to more than
// 100,000 values. `!!binary` becomes a JSON binary value.
Result<Document> load_yaml(std::string_view text, std::string file);
// load_yaml of the file at `path`.
Result<Document> load_yaml_file(const std::string& path);

// Every document of a YAML stream with the members in the order of the file and without a line table, for
// reading recordings that others wrote: merge keys (`<<: *base`) are merged, foreign tags (`!ruby/...`,
// `!python/...`) are ignored, and a value that is null in the file is null. A plain scalar keeps its
// spelling: where JSON would write its value in another way (1e3, 007, 0o17, True) it is a binary value of
// these bytes that is_plain_scalar() knows.
Result<std::vector<nlohmann::ordered_json>> load_foreign_yaml(std::string_view text, const std::string& file);
bool is_plain_scalar(const nlohmann::ordered_json& value);
// What such a scalar means: by the core schema of YAML 1.2 1000.0, 7, 15, true; by YAML 1.1, which PyYAML
// writes and reads, the text "1e3", octal 7, the text "0o17", true.
enum class YamlScalars { core_1_2, yaml_1_1 };
nlohmann::ordered_json plain_scalar_value(const nlohmann::ordered_json& value,
                                          YamlScalars scalars = YamlScalars::core_1_2);

}  // namespace assay
