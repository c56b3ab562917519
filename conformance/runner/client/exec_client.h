// A command line program as a Client: each chat, and each login, is one run of it, with the environment and
// the files that its client file describes.
#pragma once

#include "conformance/runner/client/client.h"
#include "conformance/runner/client/client_file.h"

namespace assay::conformance {

// Nothing is started before it is asked for. Of the operations only chat, login and cancel are known, all
// others are skipped.
// - chat needs a `credential` and gives its last user message as ${prompt}. `pipes` says how the other ends
//   of its pipes behave: {stdin: open} does not end it, {stdout: slow} reads nothing for half a second,
//   {stdout: closed} goes away after the first bytes. The result is read_output()'s, with `left_behind` (the
//   processes that it left, as "pid name") where there are any.
//   With `session` a later chat of that name goes on with the session of the first one, by the recipe's
//   resume form; `resume` is the same. Through ACP the program is an agent that is talked to (acp_talk.h).
// - login is played by the recipe's steps (login_talk.h), with an opener in PATH and BROWSER unless the flow
//   is paste or the launch headless. It gives the events open_url, user_code and prompt "paste"; what a
//   person pastes is what visited() brings, or with `answers` what the operation `answer` does. ok is exit 0
//   (or a window that the last step closed) with every step done; `screen` is what it shows at the end.
// - cancel interrupts (SIGINT to the group, as a terminal does); with {terminate: true} SIGTERM to the
// program
//   alone, as a service manager does.
// Beside the recipe's capabilities it has `process`, unless it speaks ACP, and `resume` with a resume form.
// `launch.argv` is not used; its environment is what every run gets beside the recipe's. `clock` outlives the
// client.
std::unique_ptr<Client> make_exec_client(Recipe recipe, Launch launch, const Clock& clock,
                                         Client::OnEvent on_event = {});

}  // namespace assay::conformance
