// The manual page: the command line in roff.
#include <fmt/format.h>

#include "cli/command_tree.h"
#include "harness/base/text.h"

namespace assay::cli {
namespace {

// One line of text: what roff would take for its own is escaped.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else {
      out += c == '\n' ? ' ' : c;
    }
  }
  return out.rfind('.', 0) == 0 ? "\\&" + out : out;
}

std::string with_value(const std::string& name, const OptionShape& option) {
  return "\\fB" + plain(name) + "\\fR" + (option.value.empty() ? "" : " \\fI" + plain(option.value) + "\\fR");
}

std::string entry(const OptionShape& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.names) names.push_back(with_value(name, option));
  if (names.empty()) names.push_back("\\fI" + plain(option.value) + "\\fR");
  std::string out = fmt::format(".TP\n{}\n{}\n", fmt::join(names, ", "), plain(option.help));
  if (!option.words.empty())
    out += fmt::format("({})\n", plain(fmt::format("{}", fmt::join(option.words, ", "))));
  return out;
}

}  // namespace

std::string manual_page(const CommandShape& root, const std::string& version) {
  std::string out = fmt::format(
      ".TH ASSAY 1 \"\" \"assay {}\" \"User Commands\"\n.SH NAME\nassay \\- test clients of LLM providers "
      "against fake "
      "providers that inject faults\n.SH SYNOPSIS\n.B assay\n.I COMMAND\n[\\fIOPTION\\fR]...\n.SH "
      "DESCRIPTION\n{}\n.SH COMMANDS\n",
      version, plain(root.help));
  for (const CommandShape* one : all_commands(root)) {
    if (one->path.empty()) continue;
    out += fmt::format(".SS \"assay {}\"\n{}\n", plain(one->path), plain(one->help));
    for (const OptionShape& positional : one->positionals) out += entry(positional);
    for (const OptionShape& option : one->options) out += entry(option);
    if (one->footer.empty()) continue;
    out += ".PP\n.nf\n";
    for (const std::string_view line : split(one->footer, '\n'))
      out += line.empty() ? ".sp\n" : plain(line) + "\n";
    out += ".fi\n";
  }
  return out + R"(.SH EXIT STATUS
.TP
0
All as expected.
.TP
1
A counted case failed, crashed, timed out, was flaky or passed unexpectedly.
.TP
2
Usage or configuration.
.TP
3
Incomplete: no case ran, or a case could not run.
.TP
130
Interrupted.
.SH ENVIRONMENT
.TP
ASSAY_DATA
Folder with conformance/ and fixtures/; by default what is installed beside the program.
.TP
NO_COLOR
No colours.
.SH FILES
.TP
share/assay
Cases, clients, providers, fixtures and documentation, in the folder that holds bin/assay.
)";
}

}  // namespace assay::cli
