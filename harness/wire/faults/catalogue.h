// Every fault, one file each. all_faults() in fault.h is how others see them.
#pragma once

#include "harness/wire/fault.h"

namespace assay::wire::faults {

// Exchange: status, headers, events, encoding.
Fault add_lines();
Fault after_done();
Fault bom();
Fault br();
Fault charset();
Fault close_delimited();
Fault comments();
Fault content_encoding();
Fault content_type();
Fault control_bytes();
Fault deflate();
Fault drop_done();
Fault drop_event();
Fault duplicate_event();
Fault empty_body();
Fault error_body();
Fault event_names();
Fault gzip();
Fault header_fold();
Fault headers();
Fault html_interstitial();
Fault http10();
Fault huge_headers();
Fault huge_line();
Fault in_band_error();
Fault insert_event();
Fault invalid_utf8();
Fault length_delimited();
Fault line_ends();
Fault multi_line_data();
Fault no_final_blank_line();
Fault no_space();
Fault patch_event();
Fault rechunk();
Fault redirect();
Fault reframe();
Fault reorder_events();
Fault replace();
Fault retry_after();
Fault status();
Fault strip_data();
Fault trailers();
Fault truncate_events();
Fault unicode_separators();

// Script: bytes and time.
Fault answer_before_body();
Fault bad_chunk_size();
Fault bad_status_line();
Fault byte_rate();
Fault chunk_extensions();
Fault close_on_next_request();
Fault coalesce();
Fault content_length();
Fault cut();
Fault delay();
Fault dribble();
Fault endless_body();
Fault endless_headers();
Fault fin();
Fault half_close();
Fault hold();
Fault huge_body();
Fault idle_close();
Fault insert_bytes();
Fault interim();
Fault keepalive();
Fault missing_chunk_crlf();
Fault pace();
Fault rst();
Fault slow_headers();
Fault stall();
Fault te_and_cl();

// Listener.
Fault accept_then_close();
Fault accept_then_reset();
Fault never_read();
Fault refuse();
Fault tls();

}  // namespace assay::wire::faults
