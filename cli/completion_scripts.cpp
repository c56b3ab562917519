// Completion scripts: bash and fish look up the words typed so far in a table, zsh has a function a command.
#include <fmt/format.h>

#include "cli/command_tree.h"
#include "harness/base/text.h"

namespace assay::cli {
namespace {

std::string last_word(const std::string& path) {
  return path.substr(path.rfind(' ') + 1);
}

std::string in_single_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// The words that may follow: commands, or options.
std::string words_after(const CommandShape& one) {
  std::vector<std::string> words;
  for (const CommandShape& below : one.below) words.push_back(last_word(below.path));
  for (const OptionShape& option : one.options)
    words.insert(words.end(), option.names.begin(), option.names.end());
  for (const OptionShape& positional : one.positionals)
    words.insert(words.end(), positional.words.begin(), positional.words.end());
  return fmt::format("{}", fmt::join(words, " "));
}

// `[...]` of a zsh specification: brackets and colons mean something there.
std::string for_zsh(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string zsh_value(const OptionShape& option) {
  const std::string message = for_zsh(option.value);
  if (!option.words.empty()) return fmt::format(":{}:({})", message, fmt::join(option.words, " "));
  return fmt::format(":{}:_files", message);
}

std::string zsh_function(const std::string& path) {
  std::string out = "_assay";
  for (const std::string_view word : split(path, ' '))
    if (!word.empty()) out += "_" + std::string(word);
  return out;
}

}  // namespace

std::string bash_completion(const CommandShape& root) {
  std::string paths, values, words;
  for (const CommandShape* one : all_commands(root)) {
    if (!one->path.empty()) paths += (paths.empty() ? "'" : "|'") + one->path + "'";
    words += fmt::format("    '{}') words='{}' ;;\n", one->path, words_after(*one));
    for (const OptionShape& option : one->options) {
      if (option.value.empty()) continue;
      for (const std::string& name : option.names)
        values += fmt::format("    '{}:{}') words='{}'; value=1 ;;\n", one->path, name,
                              fmt::join(option.words, " "));
    }
  }
  return fmt::format(R"(# bash completion for assay; made by `assay completion bash`.
_assay() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} path='' words='' value='' word next
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    [[ $word == -- ]] && return
    next=${{path:+$path }}$word
    case "$next" in {}) path=$next ;; esac
  done
  case "$path:${{COMP_WORDS[COMP_CWORD-1]}}" in
{}  esac
  [[ -n $value ]] || case "$path" in
{}  esac
  # Nothing that fits: bash goes on with the names of files.
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}}
complete -o bashdefault -o default -F _assay assay
)",
                     paths, values, words);
}

std::string zsh_completion(const CommandShape& root) {
  std::string out = "#compdef assay\n# zsh completion for assay; made by `assay completion zsh`.\n";
  for (const CommandShape* one : all_commands(root)) {
    out += fmt::format("\n{}() {{\n", zsh_function(one->path));
    std::string arguments;
    for (const OptionShape& option : one->options)
      for (const std::string& name : option.names)
        arguments +=
            " \\\n    " + in_single_quotes(fmt::format("*{}[{}]{}", name, for_zsh(option.help),
                                                       option.value.empty() ? "" : zsh_value(option)));
    if (one->below.empty()) {
      for (const OptionShape& positional : one->positionals)
        arguments += " \\\n    " + in_single_quotes("*" + zsh_value(positional));
      out += "  _arguments -S" + arguments + "\n}\n";
      continue;
    }
    out += "  local context state line\n  typeset -A opt_args\n  _arguments -C" + arguments +
           " \\\n    '1:command:->command' '*::argument:->argument'\n  case $state in\n    command)\n      "
           "local -a commands=(";
    for (const CommandShape& below : one->below)
      out += "\n        " + in_single_quotes(last_word(below.path) + ":" + below.help);
    out += "\n      )\n      _describe command commands ;;\n    argument)\n      case $words[1] in\n";
    for (const CommandShape& below : one->below)
      out += fmt::format("        {}) {} ;;\n", last_word(below.path), zsh_function(below.path));
    out += "        *) _files ;;\n      esac ;;\n  esac\n}\n";
  }
  // As a file of $fpath it is the function itself; sourced, it registers it.
  return out + "\nif [ \"$funcstack[1]\" = _assay ]; then _assay \"$@\"; else compdef _assay assay; fi\n";
}

std::string fish_completion(const CommandShape& root) {
  std::string paths, rows;
  for (const CommandShape* one : all_commands(root)) {
    if (!one->path.empty()) paths += " '" + one->path + "'";
    const std::string at = fmt::format("complete -c assay -n \"__assay_at '{}'\"", one->path);
    for (const CommandShape& below : one->below)
      rows += fmt::format("{} -f -a {} -d {}\n", at, last_word(below.path), in_single_quotes(below.help));
    for (const OptionShape& positional : one->positionals)
      if (!positional.words.empty())
        rows += fmt::format("{} -f -a '{}'\n", at, fmt::join(positional.words, " "));
    for (const OptionShape& option : one->options) {
      std::string names;
      for (const std::string& name : option.names)
        names += name.rfind("--", 0) == 0 ? " -l " + name.substr(2) : " -s " + name.substr(1);
      std::string value = option.value.empty() ? "" : " -r";
      if (!option.words.empty()) value = fmt::format(" -x -a '{}'", fmt::join(option.words, " "));
      rows += fmt::format("{}{}{} -d {}\n", at, names, value, in_single_quotes(option.help));
    }
  }
  return fmt::format(R"(# fish completion for assay; made by `assay completion fish`.
function __assay_at --argument-names wanted
    set -l path ''
    for word in (commandline -opc)[2..]
        test "$word" = --; and return 1
        set -l next (string trim "$path $word")
        contains -- "$next"{}; and set path $next
    end
    test "$path" = "$wanted"
end
{})",
                     paths, rows);
}

}  // namespace assay::cli
