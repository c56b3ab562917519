#include "conformance/reference/parts.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "conformance/reference/callback.h"
#include "conformance/reference/chat.h"
#include "conformance/reference/credentials.h"
#include "conformance/reference/discovery.h"
#include "conformance/reference/errors.h"
#include "conformance/reference/http.h"
#include "conformance/reference/login.h"

namespace assay::reference {

namespace {

// What learn() was told, shared by the copies of one Parts.
struct Lessons {
  std::mutex mutex;
  std::map<std::string, std::vector<std::string>> params;
};

}  // namespace

Parts right_parts() {
  Parts parts;
  parts.open = open_url;
  parts.make_state = make_state;
  parts.make_pkce = make_pkce;
  parts.login_url = login_url;
  parts.bind = bind_callback;
  parts.read_callback = read_callback;
  parts.route_callback = route_callback;
  parts.callback_page = callback_page;
  parts.read_paste = read_paste;
  parts.callback_wait = [](Millis asked) { return asked; };
  parts.exchange = exchange;
  parts.mint = mint;
  parts.revoke = revoke;
  parts.token_request = token_request;
  parts.credential_from = credential_from;
  parts.device_interval = device_interval;
  parts.lock = lock_store;
  parts.load_store = load_store;
  parts.write_file = write_private_file;
  parts.refresh = refresh_credential;
  parts.clean_key = clean_key;
  parts.auth_headers = auth_headers;
  parts.credential_state = credential_state;
  parts.base_url = base_url;
  parts.discover = discover;
  parts.read_models = read_models;
  parts.next_page = next_page;
  parts.transport = transport;
  parts.error_text = error_text;
  parts.retry_after = retry_wait;
  parts.write_request = write_request;
  parts.open_stream = open_stream;
  parts.judge_end = judge_end;
  parts.before_retry = [](stream::Turn& kept) { kept = {}; };
  parts.may_run = may_run;
  parts.refused_param = refused_param;
  const auto lessons = std::make_shared<Lessons>();
  parts.learn = [lessons](const std::string& model, const std::string& param) {
    const std::lock_guard lock(lessons->mutex);
    auto& params = lessons->params[model];
    if (std::find(params.begin(), params.end(), param) == params.end()) params.push_back(param);
  };
  parts.learned = [lessons](const std::string& model) {
    const std::lock_guard lock(lessons->mutex);
    return lessons->params[model];
  };
  parts.wire_model = [](const Context&, const std::string& model) { return model; };
  return parts;
}

}  // namespace assay::reference
