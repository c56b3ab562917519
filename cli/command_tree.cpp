#include "cli/command_tree.h"

#include "harness/base/text.h"

namespace assay::cli {
namespace {

OptionShape shape_of(const CLI::Option& option) {
  OptionShape out;
  for (const std::string& name : option.get_lnames()) out.names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) out.names.push_back("-" + name);
  out.help = option.get_description();
  if (option.get_items_expected_max() == 0) return out;  // a flag
  // The parser shows a type, then what its validators say: "TEXT:{must,should,may}".
  const std::string type = option.get_type_name();
  const auto open = type.find('{'), close = type.find('}');
  if (open != std::string::npos && close != std::string::npos && open < close)
    for (const std::string_view word : split(std::string_view(type).substr(open + 1, close - open - 1), ','))
      out.words.emplace_back(word);
  out.value = type.substr(0, type.find_first_of(": "));
  if (out.value.empty() || open == 0) out.value = "VALUE";
  return out;
}

CommandShape shape_of(const CLI::App& app, const std::string& path) {
  CommandShape out;
  out.path = path;
  out.help = app.get_description();
  out.footer = app.get_footer();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    OptionShape one = shape_of(*option);
    if (one.names.empty()) {
      if (one.value == "TEXT" || one.value == "VALUE") one.value = option->get_name();
      out.positionals.push_back(std::move(one));
    } else {
      out.options.push_back(std::move(one));
    }
  }
  for (const CLI::App* below : app.get_subcommands({}))
    if (!below->get_group().empty())
      out.below.push_back(shape_of(*below, (path.empty() ? "" : path + " ") + below->get_name()));
  return out;
}

void list(const CommandShape& one, std::vector<const CommandShape*>& out) {
  out.push_back(&one);
  for (const CommandShape& below : one.below) list(below, out);
}

}  // namespace

CommandShape command_tree(const CLI::App& app) {
  return shape_of(app, {});
}

std::vector<const CommandShape*> all_commands(const CommandShape& root) {
  std::vector<const CommandShape*> out;
  list(root, out);
  return out;
}

}  // namespace assay::cli
