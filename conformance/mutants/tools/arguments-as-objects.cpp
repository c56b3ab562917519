// parameter-rejections.replayed-args-wrong-json-type: arguments go back in the other type.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  change_requests(parts, [](json& body, const Ask&) {
    for (json& message : body["messages"])
      for (json& call : message.contains("tool_calls") ? message["tool_calls"] : message) {
        if (!call.is_object() || !call.contains("function")) continue;
        json& arguments = call["function"]["arguments"];
        arguments =
            arguments.is_string() ? json::parse(arguments.get<std::string>()) : json(arguments.dump());
      }
  });
}

}  // namespace assay::reference
