#include <algorithm>
#include <array>

#include "harness/wire/fault.h"
#include "harness/wire/faults/catalogue.h"

namespace assay::wire {
namespace {

auto sorted_faults() {
  std::array all{
      // exchange
      faults::add_lines(), faults::after_done(), faults::bom(), faults::br(), faults::charset(),
      faults::close_delimited(), faults::comments(), faults::content_encoding(), faults::content_type(),
      faults::control_bytes(), faults::deflate(), faults::drop_done(), faults::drop_event(),
      faults::duplicate_event(), faults::empty_body(), faults::error_body(), faults::event_names(),
      faults::gzip(), faults::header_fold(), faults::headers(), faults::html_interstitial(), faults::http10(),
      faults::huge_headers(), faults::huge_line(), faults::in_band_error(), faults::insert_event(),
      faults::invalid_utf8(), faults::length_delimited(), faults::line_ends(), faults::multi_line_data(),
      faults::no_final_blank_line(), faults::no_space(), faults::patch_event(), faults::rechunk(),
      faults::redirect(), faults::reframe(), faults::reorder_events(), faults::replace(),
      faults::retry_after(), faults::status(), faults::strip_data(), faults::trailers(),
      faults::truncate_events(), faults::unicode_separators(),
      // script
      faults::answer_before_body(), faults::bad_chunk_size(), faults::bad_status_line(), faults::byte_rate(),
      faults::chunk_extensions(), faults::close_on_next_request(), faults::coalesce(),
      faults::content_length(), faults::cut(), faults::delay(), faults::dribble(), faults::endless_body(),
      faults::endless_headers(), faults::fin(), faults::half_close(), faults::hold(), faults::huge_body(),
      faults::idle_close(), faults::insert_bytes(), faults::interim(), faults::keepalive(),
      faults::missing_chunk_crlf(), faults::pace(), faults::rst(), faults::slow_headers(), faults::stall(),
      faults::te_and_cl(),
      // listener
      faults::accept_then_close(), faults::accept_then_reset(), faults::never_read(), faults::refuse(),
      faults::tls()};
  std::sort(all.begin(), all.end(), [](const Fault& a, const Fault& b) { return a.name < b.name; });
  return all;
}

}  // namespace

std::span<const Fault> all_faults() {
  static const auto all = sorted_faults();
  return all;
}

const Fault* find_fault(std::string_view name) {
  const auto all = all_faults();
  const auto found =
      std::lower_bound(all.begin(), all.end(), name,
                       [](const Fault& fault, std::string_view wanted) { return fault.name < wanted; });
  return found != all.end() && found->name == name ? &*found : nullptr;
}

}  // namespace assay::wire
