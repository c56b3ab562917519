// assay completion: scripts for shells, and the manual page, made from the command line itself.
#include <fmt/format.h>

#include "cli/command_tree.h"
#include "cli/options.h"
#include "cli/verbs.h"

namespace assay::cli {

void add_completion(CLI::App& app, Action& action) {
  auto form = std::make_shared<std::string>();
  CLI::App* verb =
      app.add_subcommand("completion", "Print the completion script of a shell, or the manual page assay(1)");
  verb->add_option("form", *form, "What to print")->required()->check(one_of({"bash", "zsh", "fish", "man"}));
  verb->callback([form, &app, &action] {
    action = [form, &app] {
      const CommandShape root = command_tree(app);
      const std::string text = *form == "bash"   ? bash_completion(root)
                               : *form == "zsh"  ? zsh_completion(root)
                               : *form == "fish" ? fish_completion(root)
                                                 : manual_page(root, ASSAY_VERSION);
      fmt::print("{}", text);
      return ExitCode::ok;
    };
  });
}

}  // namespace assay::cli
