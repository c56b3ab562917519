// token-exchange.clock-skew: a token whose times are not the client's own is refused.
#include "conformance/mutants/mutant.h"

namespace assay::reference {

void mutate(Parts& parts) {
  parts.exchange = [right = parts.exchange](const Call& call, const Tokens& tokens) -> Outcome<Tokens> {
    const auto pieces = split(tokens.auth_token, '.');
    const auto claims = pieces.size() == 3 ? base64url_decode(pieces[1]) : Result<std::string>("{}");
    const json said = json::parse(claims.value_or("{}"), nullptr, false);
    if (said.is_object() && std::abs(said.value("iat", wall_now()) - wall_now()) > 10)
      return failure(Category::authentication, "the token's time is wrong", "exchange");
    return right(call, tokens);
  };
}

}  // namespace assay::reference
