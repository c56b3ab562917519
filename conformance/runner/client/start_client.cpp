#include "conformance/runner/client/start_client.h"

#include <algorithm>
#include <filesystem>

#include "conformance/runner/client/exec_client.h"
#include "conformance/runner/client/find_program.h"
#include "conformance/runner/client/program_client.h"

namespace assay::conformance {

void set_variable(std::vector<std::string>& environment, const std::string& variable) {
  const std::string name = variable.substr(0, variable.find('=') + 1);
  std::erase_if(environment, [&](const std::string& one) { return one.starts_with(name); });
  environment.push_back(variable);
}

std::vector<std::string> client_environment(const ClientSpec& client, const std::string& home,
                                            const std::vector<std::string>& more) {
  std::vector<std::string> out = {"HOME=" + home, std::string("PATH=") + kMachinePath, "TERM=dumb",
                                  "LANG=C.UTF-8"};
  out.insert(out.end(), more.begin(), more.end());
  for (const std::string& variable : client.environment) set_variable(out, variable);
  return out;
}

Result<std::unique_ptr<Client>> start_client(const ClientSpec& client, Launch launch, bool as_process,
                                             const Clock& clock, Client::OnEvent on_event) {
  launch.argv = client.argv;
  // A home, which no cell shows, is not there: then it runs in its own.
  std::error_code error;
  const bool there = std::filesystem::is_directory(client.directory, error);
  if (client.program) {
    const std::string home = launch.directory;
    if (there) launch.directory = client.directory;
    return make_program_client(std::move(launch), home, clock, std::move(on_event));
  }
  if (client.recipe) return make_exec_client(*client.recipe, std::move(launch), clock, std::move(on_event));
  if (client.as_program && as_process)
    return make_exec_client(*client.as_program, std::move(launch), clock, std::move(on_event));
  if (there) launch.directory = client.directory;
  launch.protocols = client.protocols;
  // An SDK may take its time to load on a busy machine; that says nothing of it.
  launch.hello_deadline = std::max(launch.hello_deadline, client.patience);
  return start_adapter(launch, clock, std::move(on_event));
}

}  // namespace assay::conformance
