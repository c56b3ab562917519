// What the browser double understands of a page: forms, links and a script that relays a URL fragment. Not a
// parser of HTML: it reads what login pages are made of.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::browser {

struct Field {
  std::string name;
  std::string value;
  bool operator==(const Field&) const = default;
};

struct Form {
  std::string method = "get";  // lower case
  std::string action;          // as written; empty = the page's own URL
  std::vector<Field> inputs;   // what is sent whatever is pressed
  std::vector<Field> buttons;  // submit buttons, in order; a nameless one has only its text as value
};

std::vector<Form> forms_in(std::string_view html);
// href of every <a>, with the text of the link.
std::vector<Field> links_in(std::string_view html);

// The button that approves, or the one that denies; nullptr when the form has none of that meaning.
const Field* button_for(const Form& form, bool approve);

// application/x-www-form-urlencoded
std::string form_body(const std::vector<Field>& fields);

// A page that reads location.hash (tokens in a fragment never reach a server by themselves) and passes it on.
struct Relay {
  bool post =
      false;  // fetch(path, …) or a form that the script makes; else a change of location to path?fragment
  std::string path;
};
std::optional<Relay> relay_in(std::string_view html);

}  // namespace assay::browser
