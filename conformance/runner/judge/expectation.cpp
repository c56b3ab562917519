#include "conformance/runner/judge/expectation.h"

#include <fmt/format.h>

#include <algorithm>

#include "conformance/runner/judge/judge.h"

namespace assay::conformance {
namespace {

using nlohmann::json;
using phrase::condition;
using phrase::value;
using Kind = Predicate::Kind;

class Teller {
 public:
  Teller(const phrase::Operations& operations, const Observation* observation)
      : operations_(operations), observation_(observation) {}

  std::vector<std::string> tell(const std::vector<Predicate>& predicates) const {
    std::vector<std::string> out;
    for (const Predicate& predicate : predicates) {
      for (std::string& fact : tell(predicate)) {
        if (!fact.empty()) out.push_back(std::move(fact));
      }
    }
    return out;
  }

 private:
  std::vector<std::string> tell(const Predicate& predicate) const {
    if (predicate.kind == Kind::any_of) return {either(predicate)};
    json body = predicate.body;
    if (observation_ != nullptr) {
      if (auto known = resolved(body, *observation_)) body = std::move(*known);
    }
    switch (predicate.kind) {
      case Kind::result:
        return result(predicate, body);
      case Kind::browser:
        return {"the browser gets " + fields(body)};
      case Kind::journal:
        return journal(body);
      case Kind::never:
        return {never(body)};
      case Kind::store:
        return {store(body)};
      case Kind::credential_files:
        return {body == "none"
                    ? "no file below HOME holds a token or key"
                    : "each file below HOME that holds a token or key has mode " + condition(body["mode"])};
      case Kind::exit:
        return {body == "clean"     ? "the client is still running or exited 0"
                : body == "nonzero" ? "the client exits with a status other than 0"
                                    : "the client exits " + body.dump()};
      case Kind::gap:
        return {gap(body)};
      case Kind::any_of:
        break;
    }
    return {};
  }

  // A choice that only says that the client is not a program says nothing about one.
  std::string either(const Predicate& predicate) const {
    std::vector<std::string> choices;
    for (const auto& choice : predicate.choices) {
      std::string text = phrase::list(tell(choice));
      if (!text.empty()) choices.push_back(std::move(text));
    }
    return phrase::list(choices, ", or ");
  }

  std::string text(const json& wanted) const {
    if (wanted.is_string() && wanted.get<std::string>().starts_with("from-turn")) {
      const auto demand = wanted.get<std::string>();
      const std::string turn = demand.size() > 10        ? demand.substr(10)
                               : observation_ == nullptr ? ""
                                                         : observation_->first_turn;
      if (observation_ == nullptr || !observation_->turns.contains(turn))
        return "the text that the model sent";
      return "the text " + value(observation_->turns[turn].value("text", ""));
    }
    return "text " + condition(wanted);
  }

  void error(const json& demand, std::vector<std::string>& with) const {
    if (!demand.is_object()) {
      with.push_back(demand == "absent"    ? "no error"
                     : demand == "present" ? "an error"
                                           : "error " + condition(demand));
      return;
    }
    for (const auto& [key, wanted] : demand.items()) {
      if (key == "category" && wanted.is_array()) {
        with.push_back("error category " + condition({{"in", wanted}}));
      } else if (key == "mentions") {
        std::vector<std::string> words;
        for (const json& word : wanted.is_array() ? wanted : json::array({wanted}))
          words.push_back(value(word));
        with.push_back("an error message containing " + phrase::list(words));
      } else if (key == "message" && wanted == "present") {
        with.push_back("an error message");
      } else {
        with.push_back(fmt::format("error {} {}", phrase::field(key), condition(wanted)));
      }
    }
  }

  std::vector<std::string> result(const Predicate& predicate, const json& body) const {
    const std::string who = predicate.each ? "each " + each_name(predicate.subject)
                                           : phrase::subject(predicate.subject, operations_);
    std::vector<std::string> out, with;
    std::string verb = "ends", within;
    for (const auto& [key, wanted] : body.items()) {
      if (key == "ok") {
        verb = wanted == true ? "succeeds" : wanted == false ? "fails" : "ends";
      } else if (key == "within") {
        within = " within " + phrase::duration(parse_duration(wanted.get<std::string>()).value_or(Micros(0)));
      } else if (key == "error") {
        error(wanted, with);
      } else if (key == "text") {
        with.push_back(text(wanted));
      } else if (key == "exit") {
        if (wanted != "absent") out.push_back("the program exits with status " + condition(wanted));
      } else if (key == "said" && wanted.is_string()) {
        out.push_back("the output reports " + wanted.get<std::string>());
      } else if (key == "signal") {
        out.push_back(wanted == "absent" ? "the program is not killed by a signal"
                                         : "the program is killed by signal " + condition(wanted));
      } else if (key == "left_behind" && wanted == "absent") {
        out.push_back("no process is left behind");
      } else if (key == "ids" && wanted == "seeds") {
        with.push_back("the built-in models");
      } else if (key == "tool_calls" && wanted == "from-turn") {
        with.push_back("the tool calls that the model sent");
      } else if (key == "events") {
        for (const auto& [kind, count] : wanted.items())
          with.push_back(fmt::format("{} {} events", phrase::count(count), kind));
      } else if (key == "contains" || key == "executed") {
        with.push_back(
            fmt::format("{} {}", key == "contains" ? "an entry" : "executed tool calls", value(wanted)));
      } else {
        with.push_back(fmt::format("{} {}", wanted == "absent" ? "no" : phrase::field(key),
                                   wanted == "absent" ? phrase::field(key) : condition(wanted)));
      }
    }
    const bool only_program = !body.contains("ok") && within.empty() && with.empty();
    if (!only_program) {
      out.insert(out.begin(), fmt::format("{} {}{}{}", who, verb, within,
                                          with.empty() ? "" : " with " + phrase::list(with)));
    }
    return out;
  }

  std::string each_name(const std::string& label) const {
    const auto found = operations_.find(label);
    return found == operations_.end() ? fmt::format("step \"{}\"", label) : found->second;
  }

  static std::string fields(const json& body) {
    std::vector<std::string> out;
    for (const auto& [key, wanted] : body.items())
      out.push_back(fmt::format("{} {}", phrase::field(key), condition(wanted)));
    return phrase::list(out);
  }

  std::vector<std::string> journal(const json& body) const {
    std::vector<std::string> out;
    if (body.is_array()) {
      for (const json& line : body) out.push_back(phrase::entries(line.get<std::string>(), false));
      return {"in this order: " + phrase::list(out, ", ")};
    }
    for (const auto& [line, test] : body.items()) {
      std::vector<std::string> parts;
      if (test.contains("status")) parts.push_back("response status " + condition(test["status"]));
      for (const char* group : {"header", "query", "form", "body", "argv", "detail"}) {
        if (!test.contains(group)) continue;
        for (const auto& [name, wanted] : test[group].items())
          parts.push_back(fmt::format("{} {}{}{}", group, name, name.empty() ? "" : " ", condition(wanted)));
      }
      if (test.contains("where"))
        parts.push_back(
            fmt::format("body {} in at most {}", value(test["where"]), test.value("at_most", json()).dump()));
      std::string when;
      if (test.contains("after")) when += " after " + phrase::subject(test["after"], operations_);
      if (test.contains("before")) when += " before " + phrase::subject(test["before"], operations_);
      const std::string with = parts.empty() ? "" : " with " + phrase::list(parts);
      if (!test.contains("count")) {
        out.push_back(fmt::format("{}{}{}", phrase::entries(line), when, with));
        continue;
      }
      std::string count = phrase::count(test["count"]);
      if (count == "none") count = "no";
      if (count == "at least 0") count = "any number of";
      out.push_back(fmt::format("{} {}{}{}", count, phrase::entries(line, count != "exactly 1"), when, with));
    }
    return out;
  }

  static std::string never(const json& body) {
    std::vector<std::string> what, where;
    if (body.contains("secret"))
      what.push_back(body["secret"] == "any" ? "secret" : "secret " + value(body["secret"]));
    if (body.contains("text")) {
      for (const json& text : body["text"].is_array() ? body["text"] : json::array({body["text"]}))
        what.push_back(value(text));
    }
    if (body.contains("matches"))
      what.push_back(fmt::format("match of /{}/", body["matches"].get<std::string>()));
    for (const json& place : body["in"]) where.push_back(place.get<std::string>());
    return fmt::format("no {} in {}", phrase::list(what, " or "), phrase::list(where, " or "));
  }

  static std::string store(const json& body) {
    std::vector<std::string> out;
    for (const auto& [key, wanted] : body.items()) {
      if (key == "json") {
        out.push_back(wanted.is_string() ? wanted.get<std::string>() + " JSON" : "JSON " + condition(wanted));
      } else if (key == "mode") {
        out.push_back("mode " + (wanted.is_string() ? wanted.get<std::string>() : condition(wanted)));
      } else if (wanted == "absent") {
        out.push_back("no " + key);
      } else {
        out.push_back(key + (wanted == "present" ? "" : " " + condition(wanted)));
      }
    }
    return "the credential file has " + phrase::list(out);
  }

  std::string gap(const json& body) const {
    std::vector<std::string> limits;
    for (const char* key : {"min", "max"}) {
      if (!body.contains(key)) continue;
      const json& given = body[key];
      const Micros time =
          parse_duration(given.is_string() ? given.get<std::string>() : given.dump()).value_or(Micros(0));
      limits.push_back((key == std::string_view("min") ? "at least " : "at most ") + phrase::duration(time));
    }
    const std::string limit = phrase::list(limits);
    if (body.contains("each")) return fmt::format("{} between {}", limit, phrase::entries(body["each"]));
    return fmt::format("{} from {} to {}", limit, phrase::moment(body["from"], operations_),
                       phrase::moment(body["to"], operations_));
  }

  const phrase::Operations& operations_;
  const Observation* observation_;
};

}  // namespace

std::string expected_sentence(const Check& check, const phrase::Operations& operations,
                              const Observation* observation) {
  return phrase::sentence(Teller(operations, observation).tell(check.predicates));
}

}  // namespace assay::conformance
