#include "harness/browser/html.h"

#include <array>

#include "harness/base/exchange.h"
#include "harness/base/text.h"

namespace assay::browser {
namespace {

std::string unescape(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, char>, 6> kEntities = {
      {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}, {"&#x27;", '\''}}};
  std::string out;
  while (!text.empty()) {
    bool found = false;
    for (const auto& [entity, character] : kEntities) {
      if (!text.starts_with(entity)) continue;
      out += character;
      text.remove_prefix(entity.size());
      found = true;
      break;
    }
    if (found) continue;
    out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

struct Tag {
  std::string name;  // lower case; "/form" for an end tag
  std::vector<Field> attributes;
  std::size_t end = 0;  // one past '>'

  std::string get(std::string_view attribute) const {
    for (const Field& field : attributes) {
      if (field.name == attribute) return field.value;
    }
    return {};
  }
};

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

// The tag that begins at `at`, where '<' stands.
std::optional<Tag> tag_at(std::string_view html, std::size_t at) {
  Tag tag;
  std::size_t i = at + 1;
  const auto word = [&](std::string_view stop) {
    const std::size_t begin = i;
    while (i < html.size() && !is_space(html[i]) && stop.find(html[i]) == std::string_view::npos) ++i;
    return std::string(html.substr(begin, i - begin));
  };
  const auto skip = [&] {
    while (i < html.size() && is_space(html[i])) ++i;
  };
  if (i < html.size() && html[i] == '/') {
    tag.name = "/";
    ++i;
  }
  tag.name += to_lower(word(">/"));
  while (true) {
    skip();
    if (i >= html.size()) return std::nullopt;
    if (html[i] == '>') break;
    if (html[i] == '/') {
      ++i;
      continue;
    }
    Field attribute{to_lower(word("=>/")), {}};
    skip();
    if (i < html.size() && html[i] == '=') {
      ++i;
      skip();
      if (i < html.size() && (html[i] == '"' || html[i] == '\'')) {
        const auto close = html.find(html[i], i + 1);
        if (close == std::string_view::npos) return std::nullopt;
        attribute.value = unescape(html.substr(i + 1, close - i - 1));
        i = close + 1;
      } else {
        attribute.value = unescape(word(">"));
      }
    } else if (attribute.name.empty()) {
      ++i;  // a stray character
      continue;
    }
    tag.attributes.push_back(std::move(attribute));
  }
  tag.end = i + 1;
  return tag;
}

// Calls `visit` for every tag, scripts and comments left out.
template <typename Visit>
void each_tag(std::string_view html, Visit visit) {
  for (std::size_t at = html.find('<'); at != std::string_view::npos; at = html.find('<', at)) {
    if (html.substr(at).starts_with("<!--")) {
      at = html.find("-->", at);
      if (at == std::string_view::npos) return;
      continue;
    }
    const auto tag = tag_at(html, at);
    if (!tag) return;
    visit(*tag);
    at = tag->end;
    if (tag->name == "script") {
      at = html.find("</script", at);
      if (at == std::string_view::npos) return;
    }
  }
}

std::string text_after(std::string_view html, std::size_t at) {
  return unescape(trim(html.substr(at, html.find('<', at) - at)));
}

// The string literal of a script that follows `code`: quoted_after("x.action = '/a'", ".action=") is "/a".
// Spaces do not count before the last character of `code`, nor after it.
std::optional<std::string> quoted_after(std::string_view script, std::string_view code) {
  const std::string_view word = code.substr(0, code.size() - 1);
  const auto skip = [&](std::size_t& at) {
    while (at < script.size() && is_space(script[at])) ++at;
  };
  for (auto at = script.find(word); at != std::string_view::npos; at = script.find(word, at + 1)) {
    std::size_t i = at + word.size();
    skip(i);
    if (i >= script.size() || script[i] != code.back()) continue;
    skip(++i);
    if (i >= script.size() || (script[i] != '"' && script[i] != '\'' && script[i] != '`')) continue;
    const auto end = script.find(script[i], i + 1);
    if (end != std::string_view::npos) return std::string(script.substr(i + 1, end - i - 1));
  }
  return std::nullopt;
}

bool means(std::string_view text, bool approve) {
  static const std::array<std::string_view, 6> yes = {"approve",  "allow",     "accept",
                                                      "continue", "authorize", "yes"};
  static const std::array<std::string_view, 5> no = {"deny", "cancel", "decline", "reject", "refuse"};
  const std::string lower = to_lower(text);
  const auto holds = [&](const auto& words) {
    for (const auto word : words) {
      if (lower.find(word) != std::string::npos) return true;
    }
    return false;
  };
  return approve ? holds(yes) && !holds(no) : holds(no);
}

}  // namespace

std::vector<Form> forms_in(std::string_view html) {
  std::vector<Form> out;
  bool inside = false;
  each_tag(html, [&](const Tag& tag) {
    if (tag.name == "form") {
      inside = true;
      Form form;
      if (const auto method = tag.get("method"); !method.empty()) form.method = to_lower(method);
      form.action = tag.get("action");
      out.push_back(std::move(form));
    } else if (tag.name == "/form") {
      inside = false;
    } else if (inside && (tag.name == "input" || tag.name == "button")) {
      const std::string type = to_lower(tag.get("type"));
      Field field{tag.get("name"), tag.get("value")};
      const bool submits = type == "submit" || (tag.name == "button" && type.empty());
      if (submits) {
        if (field.value.empty() && tag.name == "button") field.value = text_after(html, tag.end);
        out.back().buttons.push_back(std::move(field));
      } else if (tag.name == "input" && !field.name.empty() && type != "button" && type != "reset") {
        out.back().inputs.push_back(std::move(field));
      }
    }
  });
  return out;
}

std::vector<Field> links_in(std::string_view html) {
  std::vector<Field> out;
  each_tag(html, [&](const Tag& tag) {
    if (tag.name != "a") return;
    if (auto href = tag.get("href"); !href.empty())
      out.push_back({std::move(href), text_after(html, tag.end)});
  });
  return out;
}

const Field* button_for(const Form& form, bool approve) {
  for (const Field& button : form.buttons) {
    if (means(button.value, approve)) return &button;
  }
  // A form with one button of no telling name approves.
  return approve && form.buttons.size() == 1 ? &form.buttons.front() : nullptr;
}

std::string form_body(const std::vector<Field>& fields) {
  std::string out;
  for (const Field& field : fields) {
    out += (out.empty() ? "" : "&") + percent_encode(field.name) + "=" + percent_encode(field.value);
  }
  return out;
}

std::optional<Relay> relay_in(std::string_view html) {
  if (html.find("location.hash") == std::string_view::npos) return std::nullopt;
  for (const std::string_view posting : {"fetch(", ".action="}) {
    if (const auto path = quoted_after(html, posting)) return Relay{true, *path};
  }
  for (const std::string_view moving :
       {"location=", "location.href=", "location.replace(", "location.assign("}) {
    if (const auto path = quoted_after(html, moving)) return Relay{false, path->substr(0, path->find('?'))};
  }
  return std::nullopt;
}

}  // namespace assay::browser
