// oauth-login.url-ampersand-truncated: the opener goes through a shell, which ends the URL at the first '&'.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.open = [right = parts.open](const Call& call, const std::string& url, const json& extra) {
    const char* browser = std::getenv("BROWSER");
    if (browser == nullptr) return right(call, url, extra);
    const std::string command = std::string(browser) + ' ' + url;
    [[maybe_unused]] const int status = std::system(command.c_str());
    json event = {{"kind", "open_url"}, {"url", url}};
    call.emit(std::move(event));
  };
}

}  // namespace assay::reference
