// Every fault, one file each. all_faults() in fault.h is how others see them.
#pragma once

#include "harness/wire/fault.h"

namespace assay::wire::faults {

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
